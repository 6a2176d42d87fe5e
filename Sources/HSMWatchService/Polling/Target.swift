// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// One HSM, from its ticks to the spool: await a tick, probe, assess, append.
@ServiceLoop
final class Target {
    /// What one query of the HSM has come to.
    private struct Watched {
        let query: Query
        let subject: Subject
        var assessor: Assessor
        var log: ObservationLog
        var status = QueryStatus(since: .now)
    }

    /// The timer's, for this HSM alone.
    let ticks: Ticks
    let name: String
    /// The fleet status's number for the HSM.
    let number: Int
    private let prober: Prober
    private let fleet: Fleet
    private let spool: Spool
    private let logger: Logger
    /// In the order of the configuration.
    private var watched: [Watched]
    private var isStopped = false

    init(
        hsm: HSMConfiguration, number: Int, ticks: Ticks, prober: Prober, fleet: Fleet, spool: Spool, logger: Logger
    ) {
        name = hsm.name
        self.number = number
        self.ticks = ticks
        self.prober = prober
        self.fleet = fleet
        self.spool = spool
        self.logger = logger
        watched = hsm.queries.map { query in
            Watched(
                query: query,
                subject: Subject(hsm, query),
                assessor: Assessor(alert: hsm.alert, forecast: hsm.forecast, startedAt: .now),
                log: ObservationLog(logger: logger))
        }
    }

    /// How each query is at this moment.
    var snapshots: [HSMSnapshot] {
        watched.map { HSMSnapshot($0.subject, $0.status) }
    }

    /// Runs until the ticks end, `leave` or `stop`.
    func watch() async {
        while !isStopped, let skipped = await ticks.next() {
            fleet.status.noteSkipped(skipped)
            let answers = await prober.probe()
            guard !isStopped, !(prober.isStopped && answers.isEmpty) else { return }
            fleet.status.noteProbe(of: answers.map(\.observation.outcome))
            fleet.faults?.note(.hsm(name), answers.lazy.compactMap(\.observation.outcome.localCause).first)
            for answer in answers {
                record(answer.observation, of: answer.query)
            }
        }
        leave()
    }

    /// Leaves the connection to the next process, after a probe that runs has ended or is given up without a word.
    func leave() {
        prober.leave()
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
        guard let place = watched.firstIndex(where: { $0.query == query }) else { return }
        let subject = watched[place].subject
        let assessment = watched[place].assessor.assess(observation)
        let events = Event.telling(of: subject, observation, assessment)
        fleet.status.note(number, query: query, outcome: observation.outcome, state: assessment.state)
        events.forEach(spool.append)
        watched[place].log.note(events, of: subject, observation, assessment)
        watched[place].status.note(observation, assessment)
    }
}
