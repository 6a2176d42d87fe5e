// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch probe, repeated", .timeLimit(.minutes(1)))
    struct ProbeCountTests {
        @Test("every probe is printed when it is over, on one connection, and the last one counts")
        func count() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(total: 64, inUse: 33))
                let probe = try stage.hsmwatch([
                    "probe", "\(hsm.address)", "--count", "3", "--interval", "1s", "--critical", "50%", "--format",
                    "json",
                ])
                _ = try await probe.said { $0.lines.count == 1 }
                try await hsm.change { $0.inUse = 1 }
                let record = try await probe.ended()
                #expect(record.ending == .exited(0))
                let lines = record.lines.map(String.init)
                #expect(lines.map { $0.text(of: "status") } == ["critical", "critical", "ok"])
                #expect(lines.map { $0.number(of: "sockets_available") } == [30, 62, 62])
                #expect(lines.map { $0.contains(#""phase":"connected""#) } == [true, false, false])
                #expect(await hsm.facts.accepted == 1)
                #expect(await hsm.facts.text == "<1223#>\n<1223#>\n<1223#>\n")
            }
        }

        @Test("a rejected command is not sent again, however often it is repeated")
        func rejected() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(fault: .error(23)))
                let record = try await stage.outcome(of: [
                    "probe", "\(hsm.address)", "--count", "3", "--interval", "200ms",
                ])
                #expect(record.ending == .exited(3))
                #expect(record.lines.count { $0.hasPrefix("unknown: not asked: ") } == 2)
                #expect(await hsm.facts.text == "<1223#>\n")
            }
        }

        @Test("a signal between two probes ends it with the exit code of the last one", arguments: [SIGINT, SIGTERM])
        func between(signal: Int32) async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(total: 64, inUse: 40))
                let probe = try stage.hsmwatch(["probe", "\(hsm.address)", "--count", "9", "--interval", "1d"])
                _ = try await probe.said { $0.output.contains("critical: 23 of 64") }
                #expect(try await probe.ended(by: signal).ending == .exited(2))
                #expect(await hsm.facts.requests == 1)
                _ = try await hsm.facts(within: patience) { $0.open == 0 }
            }
        }

        @Test("a signal within the first probe gives it up: nothing is printed, and the state is unknown")
        func within() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(fault: .hang))
                let probe = try stage.hsmwatch(["probe", "\(hsm.address)", "--timeout", "1d"])
                _ = try await hsm.facts(within: patience) { $0.requests == 1 }
                let record = try await probe.ended(by: SIGINT)
                #expect(record.ending == .exited(3))
                #expect(record.output == "")
                _ = try await hsm.facts(within: patience) { $0.open == 0 }
            }
        }
    }
}
