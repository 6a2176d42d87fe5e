// SPDX-License-Identifier: Apache-2.0

import TestSupport

@testable import HSMWatchCore
@testable import HSMWatchGraylog

/// An HSM of an `AlertStage`: its state, and the messages about it.
struct WatchedHSM {
    let subject: Subject
    private var assessor: Assessor

    init(_ hsm: HSMConfiguration) {
        subject = Subject(name: hsm.name, address: hsm.address, queryPort: nil, fields: hsm.fields)
        assessor = Assessor(
            alert: hsm.alert, forecast: hsm.forecast, startedAt: Self.instant(AlertStage.midnight))
    }

    /// The change of state that the outcome confirms.
    mutating func observe(_ outcome: Outcome, at time: Timestamp) -> Event? {
        let observation = Observation(
            outcome: outcome, instant: Self.instant(time), timestamp: time, latency: .microseconds(421))
        let assessment = assessor.assess(observation)
        let events = Event.telling(of: subject, observation, assessment)
        return assessment.transition == nil ? nil : events.last
    }

    /// What accompanies a heartbeat; nil when there is nothing to say again.
    func reminder(at time: Timestamp) -> Event? {
        assessor.reminder(at: Self.instant(time)).map {
            Event(timestamp: time, content: .reminder(subject, $0))
        }
    }

    private static func instant(_ time: Timestamp) -> Instant {
        Instant(nanoseconds: time.milliseconds * 1_000_000)
    }
}
