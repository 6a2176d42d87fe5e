// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Fleet status")
struct FleetStatusTests {
    private static func reading(_ available: Int, of total: Int) throws -> Reading {
        try #require(Reading(available: available, total: total))
    }

    @Test("the status line names who is not ok, and with how many sockets")
    func line() throws {
        let members = try (1...4).map { number in
            FleetStatus.Member(
                name: "khi-\(number)", state: number == 2 ? .critical : .ok,
                reading: try Self.reading(number == 2 ? 12 : 200, of: 256))
        }
        let line = FleetStatus(members).line(queued: 0)
        #expect(line == "4 HSMs: 3 ok, 1 critical (khi-2: 12 of 256 available) · 0 queued")
    }

    @Test("a long list of names is cut, and one HSM is not several")
    func manyNames() {
        let members = ["only", "khi-1", "khi-2", "khi-3"].map {
            FleetStatus.Member(name: $0, state: .unknown, reading: nil)
        }
        #expect(FleetStatus([members[0]]).line(queued: 7) == "1 HSM: 1 unknown (only) · 7 queued")
        #expect(FleetStatus(members).line(queued: 0) == "4 HSMs: 4 unknown (only, khi-1, khi-2, …) · 0 queued")
    }

    @Test("an HSM with several query ports is as badly off as the worst of them")
    func worst() throws {
        let hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "a", port: 1), queryPorts: [9010, 9011], alert: .prompt())
        var queries = hsm.queries.map { WatchedQuery($0, of: hsm, at: .seconds(0)) }
        func states() -> [HSMState: Int] { FleetStatus([.init(name: "khi-1", queries)]).states.filter { $0.value > 0 } }
        func answer(_ available: Int, at second: Int) throws -> Observation {
            Observation(
                outcome: .reading(try Self.reading(available, of: 64), reply: ""), at: .seconds(second), latency: .zero)
        }
        _ = queries[0].note(try answer(60, at: 1))
        #expect(states() == [.unknown: 1])
        _ = queries[1].note(try answer(3, at: 2))
        #expect(states() == [.critical: 1])
        #expect(FleetStatus([.init(name: "khi-1", queries)]).line(queued: 0).contains("(khi-1: 3 of 64 available)"))
    }

    @Test("probes, failures and skipped ticks are counted; a tick that is left out on purpose is none of them")
    func counts() throws {
        var counts = ProbeCounts()
        let reading = Outcome.reading(try Self.reading(60, of: 64), reply: "")
        let failure = Outcome.failure(Failure(.refused, ""))
        counts.noteProbe(of: [reading, reading])
        counts.noteProbe(of: [reading, failure, failure])
        counts.noteProbe(of: [])
        counts.noteSkipped(3)
        var sum = counts
        sum += counts
        #expect([sum.probes, sum.failed, sum.skipped] == [4, 2, 6])
    }
}

@Suite("Liveness")
struct LivenessTests {
    private static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("a part is overdue after what it promised, and only then")
    func overdue() {
        var liveness = Liveness()
        #expect(liveness.overdue(at: Self.at(1000)) == nil)
        liveness.expect(.spool, by: Self.at(10))
        liveness.expect(.timers, by: Self.at(20))
        #expect(liveness.overdue(at: Self.at(10)) == nil)
        #expect(liveness.overdue(at: Self.at(11)) == .spool)
        liveness.expect(.spool, by: nil)
        #expect(liveness.overdue(at: Self.at(20)) == nil)
        #expect(liveness.overdue(at: Self.at(21)) == .timers)
    }
}
