// SPDX-License-Identifier: Apache-2.0

/// What hsmwatch holds to be true of one HSM and query port; the raw value is what `_state` carries.
package enum HSMState: String, CaseIterable, Hashable, Sendable {
    /// Enough sockets are left.
    case ok
    /// Fewer sockets are left than the warning threshold.
    case warning
    /// Fewer sockets are left than the critical threshold.
    case critical
    /// The HSM cannot be asked: dns, refused, unreachable, timeout, no_reply, closed.
    case unreachable
    /// Nothing is known: not yet observed, what answers does not make sense (hsm_error, malformed), or
    /// this machine cannot ask (local).
    case unknown

    /// The state that a failure speaks for.
    package init(_ failure: Failure.Kind) {
        switch failure {
        case .dns, .refused, .unreachable, .timeout, .noReply, .closed: self = .unreachable
        case .hsmError, .malformed, .local: self = .unknown
        }
    }

    /// How bad the state is: a change to a lower rank clears, every other change raises.
    var rank: Int {
        switch self {
        case .ok: 0
        case .warning: 1
        case .critical, .unreachable, .unknown: 2
        }
    }

    /// The worse of the two.
    func orWorse(_ other: HSMState) -> HSMState { other.rank > rank ? other : self }

    /// Whether failures lead into the state, not readings.
    var isFailure: Bool {
        switch self {
        case .ok, .warning, .critical: false
        case .unreachable, .unknown: true
        }
    }
}
