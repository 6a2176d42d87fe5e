// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// An HSM of an `AlertStage`: its state, and the messages about it.
struct WatchedHSM {
    private var query: WatchedQuery

    init(_ hsm: HSMConfiguration) {
        query = WatchedQuery(.everything, of: hsm, at: Self.moment(AlertStage.midnight))
    }

    var subject: Subject { query.subject }

    /// The change of state that the outcome confirms.
    mutating func observe(_ outcome: Outcome, at time: Timestamp) -> Event? {
        let observation = Observation(outcome: outcome, at: Self.moment(time), latency: .microseconds(421))
        let finding = query.note(observation)
        return finding.assessment.transition == nil ? nil : finding.events.last
    }

    /// What accompanies a heartbeat; nil when there is nothing to say again.
    func reminder(at time: Timestamp) -> Event? {
        query.reminder(at: Self.moment(time))
    }

    private static func moment(_ time: Timestamp) -> Moment {
        Moment(instant: Instant(nanoseconds: time.milliseconds * 1_000_000), timestamp: time)
    }
}
