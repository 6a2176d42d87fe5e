// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
