// SPDX-License-Identifier: Apache-2.0

/// Owns everything that hsmwatch knows of one HSM and query port. The status, the heartbeat and the journal ask it.
package struct WatchedQuery: Sendable {
    /// What follows from one observation.
    package struct Finding: Sendable {
        package let subject: Subject
        package let assessment: Assessment
        /// The reading or the failure, and then the change that it confirmed: each is a message.
        package let events: [Event]
        /// Whether the last observation had not the same failure. The journal has a failure once.
        let isFailureNew: Bool
        /// Whether a failure has ended that was too short to change the state.
        package let hasFailureEnded: Bool

        /// Whether the journal gets an event.
        package func isLogged(_ event: Event) -> Bool { event.kind != .probeFailure || isFailureNew }
    }

    /// What makes two failures the same: the words may change with every probe.
    private struct Fault: Equatable {
        let kind: Failure.Kind
        let errorCode: Int?

        init(_ failure: Failure) {
            kind = failure.kind
            errorCode = failure.errorCode
        }
    }

    package let query: Query
    package private(set) var subject: Subject
    private var assessor: Assessor
    private var latency: Duration?
    private var probedAt: Timestamp?
    private var history = ReadingHistory()

    /// Nothing is known yet.
    package init(_ query: Query, of hsm: HSMConfiguration, at now: Moment) {
        self.query = query
        subject = Subject(hsm, query)
        assessor = Assessor(alert: hsm.alert, forecast: hsm.forecast, startedAt: now)
    }

    package var state: HSMState { assessor.state }

    /// The last reading, also after failures.
    package var reading: Reading? { assessor.last }

    /// What `hsmwatch status` shows.
    package var status: QueryStatus {
        var status = QueryStatus(since: assessor.since)
        status.state = assessor.state
        status.failure = assessor.lastFailure
        status.available = assessor.lastFailure == nil ? assessor.last?.available : nil
        status.total = assessor.last?.total
        status.latency = latency
        status.probedAt = probedAt
        status.thresholds = assessor.thresholds
        status.history = history
        status.exhaustionSeconds = assessor.lastForecast?.untilExhaustion.map { Int($0.wholeSeconds) }
        status.criticalSeconds = assessor.lastForecast?.untilCritical.map { Int($0.wholeSeconds) }
        return status
    }

    /// Applies a new configuration of the same HSM. State and history stay.
    package mutating func change(to hsm: HSMConfiguration) {
        subject = Subject(hsm, query)
        assessor.change(alert: hsm.alert, forecast: hsm.forecast)
    }

    /// Takes in the next observation; instants never fall.
    package mutating func note(_ observation: Observation) -> Finding {
        let before = assessor.lastFailure.map(Fault.init)
        let assessment = assessor.assess(observation)
        let now = assessor.lastFailure.map(Fault.init)
        latency = observation.latency
        probedAt = observation.timestamp
        history.add(now == nil ? assessor.last?.available : nil)
        return Finding(
            subject: subject, assessment: assessment, events: Event.telling(of: subject, observation, assessment),
            isFailureNew: now != before,
            hasFailureEnded: before != nil && now == nil && assessment.transition == nil)
    }

    /// The reminder of a state that is not ok and lasts; nil when there is none.
    package func reminder(at now: Moment) -> Event? {
        assessor.reminder(at: now.instant).map {
            Event(timestamp: now.timestamp, content: .reminder(subject, $0))
        }
    }
}
