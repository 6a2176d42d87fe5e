// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// One HSM, from its ticks to the spool: await a tick, probe, assess, append.
@ServiceLoop
final class Target {
    /// This HSM's tick stream.
    let ticks: Ticks
    /// Unique among the HSMs.
    let number: Int
    /// The configuration in effect.
    private(set) var hsm: HSMConfiguration
    private(set) var counts = ProbeCounts()
    private var prober: Prober
    private let overdue: OverdueWatch
    private let faults: LocalFaultWatch?
    private let spool: Spool
    private let logger: Logger
    /// In the order of the configuration.
    private var queries: [WatchedQuery]
    private var isStopped = false

    /// - Parameters:
    ///   - overdue: hears of each probe that has ended.
    ///   - faults: hears what the HSM cannot be asked because of this machine; nil in a test that does not ask.
    init(
        hsm: HSMConfiguration, number: Int, ticks: Ticks, prober: Prober, overdue: OverdueWatch,
        faults: LocalFaultWatch?, spool: Spool, logger: Logger
    ) {
        self.hsm = hsm
        self.number = number
        self.ticks = ticks
        self.prober = prober
        self.overdue = overdue
        self.faults = faults
        self.spool = spool
        self.logger = logger
        queries = hsm.queries.map { WatchedQuery($0, of: hsm, at: .now) }
    }

    /// How each query is at this moment.
    var snapshots: [HSMSnapshot] {
        queries.map { HSMSnapshot($0.subject, $0.status) }
    }

    /// How the HSM is at this moment.
    var standing: FleetStatus.Member { FleetStatus.Member(name: hsm.name, queries) }

    /// Reminders of queries whose state is not ok and lasts.
    func reminders(at now: Moment) -> [Event] {
        queries.compactMap { $0.reminder(at: now) }
    }

    /// Runs until the ticks end, `leave` or `stop`.
    func watch() async {
        while !isStopped, let skipped = await ticks.next() {
            counts.noteSkipped(skipped)
            let prober = prober
            let answers = await prober.probe()
            overdue.ended(number)
            // A reload has replaced it while it probed.
            if prober !== self.prober, !isStopped, answers.isEmpty { continue }
            guard !isStopped, !(prober.isStopped && answers.isEmpty) else { return }
            counts.noteProbe(of: answers.map(\.observation.outcome))
            faults?.note(.hsm(hsm.name), answers.lazy.compactMap(\.observation.outcome.localCause).first)
            for answer in answers { record(answer) }
        }
        leave()
    }

    /// Applies a new configuration of the same HSM. State and history of each remaining query stay.
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
        queries = hsm.queries.map { query in
            guard var kept = queries.first(where: { $0.query == query }) else {
                return WatchedQuery(query, of: hsm, at: .now)
            }
            kept.change(to: hsm)
            return kept
        }
    }

    /// Leaves the connection to the next process, after a running probe has ended or was given up without a report.
    func leave() {
        prober.leave()
    }

    /// Gives up a running probe without a report, and closes the connection.
    func stop() {
        isStopped = true
        prober.stop()
    }

    /// Appends what follows from an answer, and logs what the journal gets of it.
    ///
    /// Not part of `watch`: what it needs for a moment would stay in the task's frame forever, 5 KiB an HSM.
    @inline(never)
    private func record(_ answer: ProbeConversation.Answer) {
        guard let finding = queries.note(answer) else { return }
        for event in finding.events {
            if finding.isLogged(event) { spool.report(event) } else { spool.append(event) }
        }
        if finding.hasFailureEnded { logger.note(.answersAgain(finding.subject)) }
        for threshold in finding.assessment.misconfigured {
            logger.note(.thresholdNotBelowTotal(finding.subject, threshold))
        }
    }
}

extension [WatchedQuery] {
    /// Takes in the answer to one of the queries; nil when a reload has taken that query out.
    fileprivate mutating func note(_ answer: ProbeConversation.Answer) -> WatchedQuery.Finding? {
        // In its place: a copy would copy the readings that a forecast rests on.
        guard let place = firstIndex(where: { $0.query == answer.query }) else { return nil }
        return self[place].note(answer.observation)
    }
}

/// Probes one HSM for `hsmwatch probe`: tick, probe and assessment as in the service, and a report instead of the
/// spool.
@ServiceLoop
package final class ProbeSession {
    private let hsm: HSMConfiguration
    private let timer = PollTimer()
    private let ticks: Ticks
    private let prober: Prober
    private var queries: [WatchedQuery]
    private var hasBegun = false
    private var isStopped = false

    /// - Parameter hsm: its interval lies between the starts of two probes.
    package init(hsm: HSMConfiguration, resolver: Resolver = Resolver()) {
        self.hsm = hsm
        let now = Instant.now
        ticks = timer.add(interval: hsm.interval, first: now + hsm.interval)
        prober = Prober(hsm: hsm, resolver: resolver, isTraced: true)
        queries = hsm.queries.map { WatchedQuery($0, of: hsm, at: .now) }
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
            findings: queries.map { query in
                let answer = answers.first { $0.query == query.query }
                return .init(
                    query.subject,
                    answer.flatMap { answer in
                        queries.note(answer).map { .init(answer.observation, $0.assessment) }
                    })
            })
    }

    /// Gives up a probe that runs, and closes the connection. Nothing is probed after that.
    package func stop() {
        isStopped = true
        timer.stop()
        prober.stop()
    }
}

/// The messages that the service would send of probes, numbered as by a spool that is new.
///
/// The service's spool is not opened. The messages have their own `_instance`, so that Graylog can tell them apart.
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
