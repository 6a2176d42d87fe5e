// SPDX-License-Identifier: Apache-2.0

/// What the last probes of one HSM and query port came to, for whoever asks how it is: constant memory.
package struct QueryStatus: Equatable, Sendable {
    /// The confirmed state.
    package var state = HSMState.unknown
    /// Since when `state` lasts.
    package var since: Moment
    /// Sockets available, by the last probe; nil when it failed or there was none.
    package var available: Int?
    /// Sockets in all, by the last reading.
    package var total: Int?
    /// Why the last probe brought no reading; nil when it brought one.
    package var failure: Failure?
    /// How long the last probe took (`Observation.latency`).
    package var latency: Duration?
    /// When the last probe ended.
    package var probedAt: Timestamp?
    /// The thresholds as they apply to `total`.
    package var thresholds = AppliedThresholds(warning: nil, critical: nil)
    /// The last probes, the one of `available` among them.
    package var history = ReadingHistory()
    /// Seconds until nothing is available, when that is forecast.
    package var exhaustionSeconds: Int?
    /// Seconds until less than the critical threshold is available, when that is forecast.
    package var criticalSeconds: Int?

    /// Nothing is known yet, since then.
    package init(since: Moment) {
        self.since = since
    }

    /// Takes in the next observation and what was thought of it: the one place where facts and opinions get in.
    package mutating func note(_ observation: Observation, _ assessment: Assessment) {
        state = assessment.state
        if assessment.transition != nil {
            since = Moment(instant: observation.instant, timestamp: observation.timestamp)
        }
        switch observation.outcome {
        case .reading(let reading, _):
            available = reading.available
            total = reading.total
            failure = nil
        case .failure(let failure):
            available = nil
            self.failure = failure
        }
        latency = observation.latency
        probedAt = observation.timestamp
        thresholds = assessment.thresholds
        exhaustionSeconds = assessment.forecast?.untilExhaustion.map { Int($0.wholeSeconds) }
        criticalSeconds = assessment.forecast?.untilCritical.map { Int($0.wholeSeconds) }
        history.add(available)
    }
}
