// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Fleet status")
struct FleetStatusTests {
    private static func reading(_ available: Int, of total: Int) throws -> Outcome {
        .reading(try #require(Reading(available: available, total: total)), reply: "")
    }

    @Test("the status line names who is not ok, and with how many sockets")
    func line() throws {
        var status = FleetStatus()
        for number in 1...4 {
            _ = status.add(name: "khi-\(number)", queries: [.everything])
        }
        for index in [0, 2, 3] {
            status.note(index, query: .everything, outcome: try Self.reading(200, of: 256), state: .ok)
        }
        status.note(1, query: .everything, outcome: try Self.reading(12, of: 256), state: .critical)
        #expect(status.line(queued: 0) == "4 HSMs: 3 ok, 1 critical (khi-2: 12 of 256 available) · 0 queued")
    }

    @Test("a long list of names is cut, and one HSM is not several")
    func manyNames() {
        var status = FleetStatus()
        _ = status.add(name: "only", queries: [.everything])
        #expect(status.line(queued: 7) == "1 HSM: 1 unknown (only) · 7 queued")
        for number in 1...9 {
            _ = status.add(name: "khi-\(number)", queries: [.everything])
        }
        #expect(status.line(queued: 0) == "10 HSMs: 10 unknown (only, khi-1, khi-2, …) · 0 queued")
    }

    @Test("who is taken out counts no more, and a late word about it does nothing")
    func remove() throws {
        var status = FleetStatus()
        let first = status.add(name: "khi-1", queries: [.everything])
        status.remove(first)
        let second = status.add(name: "khi-2", queries: [.everything])
        status.note(first, query: .everything, outcome: try Self.reading(12, of: 256), state: .critical)
        #expect(second != first)
        #expect(status.line(queued: 0) == "1 HSM: 1 unknown (khi-2) · 0 queued")
        #expect(status.states[.critical] == 0)
    }

    @Test("an HSM with several query ports is as badly off as the worst of them")
    func worst() throws {
        var status = FleetStatus()
        let index = status.add(name: "khi-1", queries: [.port(9010), .port(9011)])
        status.note(index, query: .port(9010), outcome: try Self.reading(60, of: 64), state: .ok)
        #expect(status.states[.unknown] == 1)
        status.note(index, query: .port(9011), outcome: try Self.reading(3, of: 64), state: .critical)
        #expect(status.states[.critical] == 1)
        #expect(status.states[.ok] == 0)
        #expect(status.states.values.reduce(0, +) == 1)
    }

    @Test("probes, failures and skipped ticks are counted; a tick that is left out on purpose is none of them")
    func counts() throws {
        var status = FleetStatus()
        let reading = try Self.reading(60, of: 64)
        let failure = Outcome.failure(Failure(.refused, ""))
        status.noteProbe(of: [reading, reading])
        status.noteProbe(of: [reading, failure, failure])
        status.noteProbe(of: [])
        status.noteSkipped(3)
        #expect(status.probes == 2)
        #expect(status.probesFailed == 1)
        #expect(status.probesSkipped == 3)
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
