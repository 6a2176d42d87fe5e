// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("Few file descriptors", .timeLimit(.minutes(1)))
    struct DescriptorTests {
        /// Runs hsmwatch where it may have so many files open.
        private static func outcome(
            on stage: Stage, of arguments: [String], limit: Int
        ) async throws -> Child.Record {
            let script = #"ulimit -n "$0"; exec "$@""#
            return try await stage.outcome(
                ofTool: "sh", ["-c", script, "\(limit)", Stage.program.path()] + arguments)
        }

        @Test(
            "probe says that it cannot begin, and that the HSM's state is unknown: exit 3", arguments: [8, 10, 12, 16])
        func probe(limit: Int) async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let record = try await Self.outcome(on: stage, of: ["probe", "\(hsm.address)"], limit: limit)
                #expect(record.ending == .exited(3))
                #expect(record.output == "")
                #expect(
                    record.errors
                        == "hsmwatch has no file descriptor left: hsmwatch needs 16 more open files than it has now, and the"
                        + " limit is \(limit) in all: raise it with ulimit -n\n")
                #expect(await hsm.facts.accepted == 0)
            }
        }

        @Test("probe succeeds with the descriptors that it asks for")
        func enough() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let record = try await Self.outcome(on: stage, of: ["probe", "\(hsm.address)"], limit: 28)
                #expect(record.ending == .exited(0))
                #expect(record.errors == "")
            }
        }

        @Test(
            "every command with an event loop ends with one sentence and exit 71",
            arguments: [
                ["run"], ["status"], ["send-test"], ["simulate"], ["receive"], ["demo"],
            ])
        func commands(arguments: [String]) async throws {
            try await Stage.play { stage in
                let record = try await Self.outcome(on: stage, of: arguments, limit: 8)
                #expect(record.ending == .exited(71))
                #expect(record.output == "")
                #expect(record.errors.hasPrefix("hsmwatch has no file descriptor left: "))
                #expect(record.errors.count { $0 == "\n" } == 1)
            }
        }

        @Test("what needs no event loop works", arguments: [["--version"], ["--help"], ["probe", "--help"]])
        func loopless(arguments: [String]) async throws {
            try await Stage.play { stage in
                let record = try await Self.outcome(on: stage, of: arguments, limit: 8)
                #expect(record.ending == .exited(0))
                #expect(record.errors == "")
            }
        }

        @Test("check warns when the hard limit is below what the configuration needs, with the numbers")
        func check() async throws {
            try await Stage.play { stage in
                let configuration = ConfigurationText(
                    to: try await stage.graylog(), watching: try await stage.hsm())
                let file = try stage.change(configuration)
                let few = try await Self.outcome(on: stage, of: ["check", "--config", file], limit: 64)
                #expect(few.ending == .exited(0))
                #expect(
                    few.errors.hasPrefix(
                        "\(file):1:1: warning: 1 HSM and the outputs need 67 open files, and the hard limit here is 64: "
                    ))
                #expect(few.errors.contains("LimitNOFILE=1024"))
                let enough = try await Self.outcome(on: stage, of: ["check", "--config", file], limit: 67)
                #expect(enough.errors == "\(file): 1 HSM, 1 output: valid\n")
            }
        }
    }
}
