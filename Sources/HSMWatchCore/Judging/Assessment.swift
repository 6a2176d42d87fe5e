// SPDX-License-Identifier: Apache-2.0

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
        /// The forecast alone: the reading is above every threshold, and without the forecast the state would be another.
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
