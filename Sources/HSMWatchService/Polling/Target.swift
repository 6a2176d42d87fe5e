// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// One HSM, from its ticks to the spool: await a tick, probe, assess, append.
@ServiceLoop
final class Target {
    /// What one query of the HSM has come to.
    private struct Watched {
        let subject: Subject
        var assessor: Assessor
        var log: ObservationLog
    }

    /// The timer's, for this HSM alone.
    let ticks: Ticks
    /// The fleet status's number for the HSM.
    let number: Int
    private let prober: Prober
    private let fleet: Fleet
    private let spool: Spool
    private let logger: Logger
    private var watched: [Query: Watched] = [:]
    private var isStopped = false

    init(
        hsm: HSMConfiguration, number: Int, ticks: Ticks, prober: Prober, fleet: Fleet, spool: Spool, logger: Logger
    ) {
        self.number = number
        self.ticks = ticks
        self.prober = prober
        self.fleet = fleet
        self.spool = spool
        self.logger = logger
        for query in hsm.queries {
            watched[query] = Watched(
                subject: Subject(hsm, query),
                assessor: Assessor(alert: hsm.alert, forecast: hsm.forecast, startedAt: .now),
                log: ObservationLog(logger: logger))
        }
    }

    /// Runs until the ticks end or `stop`.
    func watch() async {
        while !isStopped, let skipped = await ticks.next() {
            fleet.status.noteSkipped(skipped)
            let answers = await prober.probe()
            guard !isStopped else { return }
            fleet.status.noteProbe(of: answers.map(\.observation.outcome))
            for answer in answers {
                record(answer.observation, of: answer.query)
            }
        }
        stop()
    }

    /// Gives up a running probe, without a word about it, and closes the connection.
    func stop() {
        isStopped = true
        prober.stop()
    }

    /// Not part of `watch`: what it needs for a moment would stay in the task's frame for ever, 5 KiB an HSM.
    @inline(never)
    private func record(_ observation: Observation, of query: Query) {
        // In its place: a copy would copy the readings that a forecast rests on.
        guard let subject = watched[query]?.subject,
            let assessment = watched[query]?.assessor.assess(observation)
        else { return }
        let events = Event.telling(of: subject, observation, assessment)
        fleet.status.note(number, query: query, outcome: observation.outcome, state: assessment.state)
        events.forEach(spool.append)
        watched[query]?.log.note(events, of: subject, observation, assessment)
    }
}
