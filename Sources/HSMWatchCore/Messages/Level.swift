// SPDX-License-Identifier: Apache-2.0

/// How urgent a message is, as syslog counts it (RFC 5424 section 6.2.1): the lower, the worse.
package enum Level: Int, Sendable {
    case critical = 2
    case error = 3
    case warning = 4
    case notice = 5
    case informational = 6

    /// Of a reading while the HSM is in `state`.
    init(ofReadingIn state: HSMState) {
        switch state {
        case .ok: self = .informational
        case .warning: self = .warning
        case .critical, .unreachable, .unknown: self = .critical
        }
    }

    /// Of a change of state to `state`.
    init(ofChangeTo state: HSMState) {
        switch state {
        case .ok: self = .notice
        case .warning: self = .warning
        case .critical, .unreachable: self = .critical
        case .unknown: self = .error
        }
    }
}
