// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("Output that cannot be written", .timeLimit(.minutes(1)))
    struct OutputFailureTests {
        /// Runs hsmwatch with its output on a device that is full.
        private static func full(_ stage: Stage, _ arguments: [String]) async throws -> Child.Record {
            try await stage.outcome(
                ofTool: "sh", ["-c", #"exec "$0" "$@" >/dev/full"#, Stage.program.path()] + arguments)
        }

        /// Runs hsmwatch with its output on a pipe that nobody reads any more.
        private static func closed(_ stage: Stage, _ arguments: [String]) async throws -> Child.Record {
            let script = #"exec 3> >(:); wait $!; exec "$0" "$@" >&3 3>&-"#
            return try await stage.outcome(ofTool: "bash", ["-c", script, Stage.program.path()] + arguments)
        }

        /// Plays a test beside a service that runs; the file is its configuration.
        private static func playWithService(
            _ test: (_ stage: Stage, _ hsm: HSMSimulator, _ file: String) async throws -> Void
        ) async throws {
            try await Stage.play { stage in
                let (graylog, hsm) = (try await stage.graylog(), try await stage.hsm())
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let file = try stage.change(configuration)
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)
                try await test(stage, hsm, file)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        private static func expectFailure(_ record: Child.Record, _ arguments: [String]) {
            #expect(record.ending == .exited(1), "\(arguments): \(record)")
            #expect(
                record.errors.split(separator: "\n").last == "cannot write the output: No space left on device",
                "\(arguments): \(record)")
        }

        @Test("a full device ends every command that prints with exit 1 and the reason")
        func device() async throws {
            try await Self.playWithService { stage, hsm, file in
                let address = "\(hsm.address)"
                for arguments in [
                    ["--help"], ["--version"], ["help", "run"], ["probe", "--help"],
                    ["--generate-completion-script", "bash"], ["check", "--show", "--config", file],
                    ["content-pack", "--config", file], ["send-test", "--config", file], ["probe", address],
                    ["probe", address, "--count", "2", "--interval", "2s"],
                    ["probe", address, "--format", "json"], ["probe", address, "--format", "nagios"],
                    ["probe", address, "--format", "gelf"], ["status", "--socket", stage.statusSocket()],
                    ["status", "--json", "--socket", stage.statusSocket()],
                    ["status", "--watch", "--socket", stage.statusSocket()], ["demo", "--duration", "1s"],
                ] {
                    Self.expectFailure(try await Self.full(stage, arguments), arguments)
                }
            }
        }

        @Test("what only ends on a signal says it then, or at once")
        func listeners() async throws {
            try await Stage.play { stage in
                let script = #"exec "$0" "$@" >/dev/full"#
                let arguments = ["simulate", "--listen", "127.0.0.1:0"]
                let simulator = try stage.tool("sh", ["-c", script, Stage.program.path()] + arguments)
                _ = try await simulator.said { $0.errors.contains("simulating at ") }
                Self.expectFailure(try await simulator.ended(by: SIGTERM), arguments)

                let receiver = try stage.tool(
                    "sh", ["-c", script, Stage.program.path(), "receive", "--listen", "127.0.0.1:0"])
                let said = try await receiver.said { $0.errors.contains("listening on ") }
                let line = try #require(said.errors.firstMatch(of: /listening on 127\.0\.0\.1:([0-9]+)/))
                let client = try SocketClient(ListenAddress(host: "127.0.0.1", port: try #require(Int(line.1))))
                try client.send("{\"host\":\"h\",\"short_message\":\"m\"}\0")
                Self.expectFailure(try await receiver.ended(), ["receive"])
            }
        }

        @Test("a reader that has gone away ends a command quietly, with the exit code of what it has done")
        func pipe() async throws {
            try await Self.playWithService { stage, hsm, file in
                for arguments in [
                    ["probe", "\(hsm.address)"], ["probe", "\(hsm.address)", "--format", "json"],
                    ["status", "--socket", stage.statusSocket()], ["send-test", "--config", file],
                    ["status", "--json", "--socket", stage.statusSocket()],
                ] {
                    let record = try await Self.closed(stage, arguments)
                    #expect(record.ending == .exited(0), "\(arguments): \(record)")
                    #expect(record.errors == "", "\(arguments)")
                }
                let critical = try await Self.closed(stage, ["probe", "\(hsm.address)", "--critical", "100%"])
                #expect(critical.ending == .exited(2))
            }
        }
    }
}
