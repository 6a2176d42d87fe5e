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

/// An opinion about one observation.
package struct Assessment: Hashable, Sendable {
    /// The confirmed state after this observation.
    package let state: HSMState
    /// The change that this observation confirmed, if it did.
    package let transition: Transition?
    /// The thresholds in sockets, as they apply to the total last seen.
    package let thresholds: AppliedThresholds
    /// Thresholds that are not below the total: reported with the first reading that shows it, and again only when the
    /// total or a threshold changed.
    package let misconfigured: [MisconfiguredThreshold]
    /// How long the sockets last; nil unless they fall.
    package let forecast: Forecast?

    package init(
        state: HSMState, transition: Transition?, thresholds: AppliedThresholds,
        misconfigured: [MisconfiguredThreshold], forecast: Forecast? = nil
    ) {
        self.state = state
        self.transition = transition
        self.thresholds = thresholds
        self.misconfigured = misconfigured
        self.forecast = forecast
    }
}

/// A confirmed change of state.
package struct Transition: Hashable, Sendable {
    /// What speaks for the new state.
    package enum Reason: Hashable, Sendable {
        /// What the observations say by themselves.
        case observed
        /// The forecast alone: the reading is above every threshold, and without the forecast the state would be
        /// another.
        case foreseen
        /// The thresholds changed, not the sockets.
        case reconfigured
    }

    package let from: HSMState
    package let to: HSMState
    /// How long the state before had lasted.
    package let lasted: Duration
    package let reason: Reason

    package init(from: HSMState, to: HSMState, lasted: Duration, reason: Reason = .observed) {
        self.from = from
        self.to = to
        self.lasted = lasted
        self.reason = reason
    }
}

/// A threshold that every reading of this HSM must violate, because it is not below the total.
package struct MisconfiguredThreshold: Hashable, Sendable {
    /// The configuration's key: `warning` or `critical`.
    package let key: String
    /// The threshold in sockets.
    package let threshold: Int
    /// The HSM's total.
    package let total: Int

    package init(key: String, threshold: Int, total: Int) {
        self.key = key
        self.threshold = threshold
        self.total = total
    }
}

extension Assessment {
    /// The state of one observation alone, for `hsmwatch probe`.
    ///
    /// A failure is never called ok, even while the state still is. While the recovery of an HSM is not confirmed, its
    /// state says nothing about the reading.
    package func verdict(on outcome: Outcome) -> HSMState {
        switch outcome {
        case .reading(let reading, _): verdict(on: reading)
        case .failure(let failure): HSMState(failure.kind)
        }
    }

    func verdict(on reading: Reading) -> HSMState {
        state.isFailure ? thresholds.state(of: reading) : state
    }
}

/// Thresholds in sockets: available below `critical` is critical. Nil: not configured, or a percentage of a total that
/// no reading has told yet.
package struct AppliedThresholds: Hashable, Sendable {
    package let warning: Int?
    package let critical: Int?

    package init(warning: Int?, critical: Int?) {
        self.warning = warning
        self.critical = critical
    }

    /// The thresholds of `alert` for an HSM with `total` sockets; nil while no reading has told it.
    package init(_ alert: AlertConfiguration, total: Int?) {
        warning = alert.warning.flatMap { Self.sockets($0, total: total) }
        critical = Self.sockets(alert.critical, total: total)
    }

    /// The state that the reading speaks for, taken alone.
    package func state(of reading: Reading) -> HSMState {
        state(of: reading, margin: 0)
    }

    /// The state that the reading speaks for when it must be `margin` sockets above each threshold.
    ///
    /// An HSM with few sockets cannot be that far above a high threshold. There its best reading is enough: one below
    /// the total, because the monitor holds a socket itself. An alarm that can never end would be a lie.
    func state(of reading: Reading, margin: Int) -> HSMState {
        func isBelow(_ threshold: Int?) -> Bool {
            threshold.map { reading.available < min($0 + margin, max($0, reading.total - 1)) } ?? false
        }
        if isBelow(critical) { return .critical }
        return isBelow(warning) ? .warning : .ok
    }

    /// The thresholds that are not below `total`.
    func misconfigured(total: Int) -> [MisconfiguredThreshold] {
        [("warning", warning), ("critical", critical)].compactMap { key, threshold in
            guard let threshold, threshold >= total else { return nil }
            return MisconfiguredThreshold(key: key, threshold: threshold, total: total)
        }
    }

    /// A percentage is rounded up, so that `available` is below the sockets exactly when it is below the percentage.
    private static func sockets(_ threshold: Threshold, total: Int?) -> Int? {
        switch threshold {
        case .absolute(let sockets): sockets
        case .percent(let percent): total.map { ($0 * percent + 99) / 100 }
        }
    }
}

/// A repeated report of a state that is not ok and lasts.
package struct Reminder: Hashable, Sendable {
    /// How long a state must have lasted: its fourth minute begins when three are over. A shorter trouble is
    /// reported by its changes of state alone.
    package static let earliest = Duration.seconds(3 * 60)

    /// Warning, critical, unreachable or unknown.
    package let state: HSMState
    /// How long hsmwatch has seen `state`.
    package let lasted: Duration
    /// Whether hsmwatch saw the state begin. If not, it may have lasted longer: `state` is what the first probe after a
    /// start found, or the first reading after failures.
    package let isWhole: Bool
    /// What the last probe came to. It may differ from `state` while a change is not confirmed.
    package let outcome: Outcome
    package let thresholds: AppliedThresholds
    /// That of the last reading; nil after a failure.
    package let forecast: Forecast?

    package init(
        state: HSMState, lasted: Duration, isWhole: Bool, outcome: Outcome, thresholds: AppliedThresholds,
        forecast: Forecast? = nil
    ) {
        self.state = state
        self.lasted = lasted
        self.isWhole = isWhole
        self.outcome = outcome
        self.thresholds = thresholds
        self.forecast = forecast
    }
}
