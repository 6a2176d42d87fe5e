// SPDX-License-Identifier: Apache-2.0

/// What there is to say again of a state that is not ok and lasts.
package struct Reminder: Hashable, Sendable {
    /// How long a state must have lasted: its fourth minute begins when three are over. A shorter trouble is told by its
    /// changes of state alone.
    package static let earliest = Duration.seconds(3 * 60)

    /// Warning, critical, unreachable or unknown.
    package let state: HSMState
    /// How long hsmwatch has seen `state`.
    package let lasted: Duration
    /// Whether hsmwatch saw the state begin. If not, it may have lasted longer: `state` is what the first probe after a start
    /// found, or the first reading after failures.
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
