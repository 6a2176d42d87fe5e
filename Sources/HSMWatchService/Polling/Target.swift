// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// One HSM, from its ticks to the spool: await a tick, probe, assess, append.
@ServiceLoop
final class Target {
    /// What one query of the HSM has come to.
    private struct Watched {
        let query: Query
        var subject: Subject
        var assessor: Assessor
        var log: ObservationLog
        var status = QueryStatus(since: .now)

        /// Nothing is known yet.
        init(_ query: Query, of hsm: HSMConfiguration, logger: Logger) {
            self.query = query
            subject = Subject(hsm, query)
            assessor = Assessor(alert: hsm.alert, forecast: hsm.forecast, startedAt: .now)
            log = ObservationLog(logger: logger)
        }
    }

    /// The timer's, for this HSM alone.
    let ticks: Ticks
    /// The fleet status's number for the HSM.
    let number: Int
    /// The configuration in effect.
    private(set) var hsm: HSMConfiguration
    private var prober: Prober
    private let fleet: Fleet
    private let spool: Spool
    private let logger: Logger
    /// In the order of the configuration.
    private var watched: [Watched]
    private var isStopped = false

    init(
        hsm: HSMConfiguration, number: Int, ticks: Ticks, prober: Prober, fleet: Fleet, spool: Spool, logger: Logger
    ) {
        self.hsm = hsm
        self.number = number
        self.ticks = ticks
        self.prober = prober
        self.fleet = fleet
        self.spool = spool
        self.logger = logger
        watched = hsm.queries.map { Watched($0, of: hsm, logger: logger) }
    }

    /// How each query is at this moment.
    var snapshots: [HSMSnapshot] {
        watched.map { HSMSnapshot($0.subject, $0.status) }
    }

    /// What there is to say again of queries whose state is not ok and lasts.
    func reminders(at now: Moment) -> [Event] {
        watched.compactMap { watched in
            watched.assessor.reminder(at: now.instant).map {
                Event(timestamp: now.timestamp, content: .reminder(watched.subject, $0))
            }
        }
    }

    /// Runs until the ticks end, `leave` or `stop`.
    func watch() async {
        while !isStopped, let skipped = await ticks.next() {
            fleet.status.noteSkipped(skipped)
            let prober = prober
            let answers = await prober.probe()
            fleet.overdue.ended(number)
            // A reload has replaced it while it probed.
            if prober !== self.prober, !isStopped, answers.isEmpty { continue }
            guard !isStopped, !(prober.isStopped && answers.isEmpty) else { return }
            fleet.status.noteProbe(of: answers.map(\.observation.outcome))
            fleet.faults?.note(.hsm(hsm.name), answers.lazy.compactMap(\.observation.outcome.localCause).first)
            for answer in answers {
                record(answer.observation, of: answer.query)
            }
        }
        leave()
    }

    /// Goes on with another configuration of the same HSM: the state and the history of each query that stays go on.
    ///
    /// - Parameter newProber: makes what replaces the prober and its connection; nil when both go on.
    func change(to hsm: HSMConfiguration, newProber: (() -> Prober)? = nil) {
        self.hsm = hsm
        if let newProber {
            prober.stop()
            prober = newProber()
        } else {
            prober.change(to: hsm)
        }
        watched = hsm.queries.map { query in
            guard var kept = watched.first(where: { $0.query == query }) else {
                return Watched(query, of: hsm, logger: logger)
            }
            kept.subject = Subject(hsm, query)
            kept.assessor.change(alert: hsm.alert, forecast: hsm.forecast)
            kept.status.thresholds = kept.assessor.thresholds
            return kept
        }
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

/// Probes one HSM for somebody who waits: tick, probe and assessment as in the service, and a report instead of the
/// spool.
@ServiceLoop
package final class ProbeSession {
    /// What one query of the HSM has come to.
    private struct Watched {
        let query: Query
        let subject: Subject
        var assessor: Assessor
    }

    private let hsm: HSMConfiguration
    private let timer = PollTimer()
    private let ticks: Ticks
    private let prober: Prober
    private var watched: [Watched]
    private var hasBegun = false
    private var isStopped = false

    /// - Parameter hsm: its interval lies between the starts of two probes.
    package init(hsm: HSMConfiguration, resolver: Resolver = Resolver()) {
        self.hsm = hsm
        let now = Instant.now
        ticks = timer.add(interval: hsm.interval, first: now + hsm.interval)
        prober = Prober(hsm: hsm, resolver: resolver, isTraced: true)
        watched = hsm.queries.map { query in
            Watched(
                query: query, subject: Subject(hsm, query),
                assessor: Assessor(alert: hsm.alert, forecast: hsm.forecast, startedAt: now))
        }
        timer.start()
    }

    /// The report of the next probe, the first at once, every other at its tick; nil after the stop. One at a time.
    package func next() async -> ProbeReport? {
        if hasBegun {
            guard await ticks.next() != nil else { return nil }
        }
        hasBegun = true
        let startedAt = Timestamp.now
        let answers = await prober.probe()
        guard !isStopped else { return nil }
        return ProbeReport(
            of: hsm, startedAt: startedAt, phases: prober.trace?.phases ?? [],
            findings: watched.indices.map { index in
                let answer = answers.first { $0.query == watched[index].query }
                return .init(
                    watched[index].subject,
                    answer.map { .init($0.observation, watched[index].assessor.assess($0.observation)) })
            })
    }

    /// Gives up a probe that runs, and closes the connection. Nothing is probed after that.
    package func stop() {
        isStopped = true
        timer.stop()
        prober.stop()
    }
}

/// What the journal is told of one HSM's observations: changes, and each failure once until it changes.
struct ObservationLog {
    private let logger: Logger
    private var failing: Fault?

    /// What makes one failure another: its words may change with every probe.
    private struct Fault: Equatable {
        let kind: Failure.Kind
        let errorCode: Int?
    }

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func note(_ events: [Event], of subject: Subject, _ observation: Observation, _ assessment: Assessment) {
        let wasFailing = failing
        switch observation.outcome {
        case .reading: failing = nil
        case .failure(let failure): failing = Fault(kind: failure.kind, errorCode: failure.errorCode)
        }
        for event in events where event.kind != .probeFailure || failing != wasFailing {
            logger.note(.event(event))
        }
        if wasFailing != nil, failing == nil, assessment.transition == nil {
            logger.note(.answersAgain(subject))
        }
        for threshold in assessment.misconfigured {
            logger.note(.thresholdNotBelowTotal(subject, threshold))
        }
    }
}

/// The messages that the service would send of probes, numbered as by a spool that is new.
///
/// No spool is opened: it belongs to the service. Whoever sends these messages on his own can be told from it.
package struct ProbeMessages: Sendable {
    private let encoder: MessageEncoder
    private var identity = SpoolIdentity.new()

    package init(encoder: MessageEncoder) {
        self.encoder = encoder
    }

    /// The messages of the next probe, each one JSON object on one line, without a line feed.
    package mutating func lines(of report: ProbeReport) -> [String] {
        report.events.map { String(decoding: identity.number(encoder.encode($0)), as: UTF8.self) }
    }
}
