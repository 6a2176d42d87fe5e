// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("The first moments of a process", .timeLimit(.minutes(1)))
    struct StartTests {
        private static func environment(signal: Int32, on stage: Stage) async throws -> [String: String] {
            [
                "LD_PRELOAD": try await Interposer.library("start", on: stage),
                "HSMWATCH_TEST_SIGNAL": "\(signal)",
            ]
        }

        /// Makes stderr a pipe whose reader has ended, with SIGPIPE as systemd leaves it.
        private static func closeErrors(on stage: Stage) -> String {
            let pipe = stage.folder.appending(path: "pipe").path()
            return """
                mkfifo \(pipe); sh -c 'exec 3<\(pipe)' & exec 2>\(pipe); wait
                exec env --default-signal=PIPE "$0" run --config "$1"
                """
        }

        @Test("SIGTERM and SIGINT at the very beginning end the service in good order", arguments: [SIGTERM, SIGINT])
        func stop(signal: Int32) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                let service = try stage.service(
                    configuration, environment: try await Self.environment(signal: signal, on: stage))
                #expect(try await service.ended().ending == .exited(0))
            }
        }

        @Test("SIGHUP at the very beginning is a reload")
        func reload() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                let service = try stage.service(
                    configuration, environment: try await Self.environment(signal: SIGHUP, on: stage))
                var mail = Mail()
                try await mail.collect("reloaded", from: graylog)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("a command that obeys no signals is still ended by one", arguments: [SIGTERM, SIGINT, SIGHUP])
        func otherCommands(signal: Int32) async throws {
            try await Stage.play { stage in
                let variables = try await Self.environment(signal: signal, on: stage)
                let command = try stage.tool(
                    "env", variables.map { "\($0)=\($1)" } + [Stage.program.path(), "check", "--config", "/dev/null"])
                #expect(try await command.ended().ending == .killed(by: signal))
            }
        }

        @Test(
            "the commands that end in good order do so at the very beginning, too", arguments: ["simulate", "receive"])
        func endless(command: String) async throws {
            try await Stage.play { stage in
                let variables = try await Self.environment(signal: SIGTERM, on: stage)
                let process = try stage.tool(
                    "env",
                    variables.map { "\($0)=\($1)" } + [Stage.program.path(), command, "--listen", "127.0.0.1:0"])
                #expect(try await process.ended().ending == .exited(0))
            }
        }

        @Test("a closed stderr stops neither the start nor the polling")
        func closedErrors() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.logLevel = "debug"
                let service = try stage.service(configuration, after: Self.closeErrors(on: stage))
                var mail = Mail()
                try await mail.collect(readings: 10, from: graylog)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("a closed stderr does not hide that the configuration is bad")
        func closedErrorsBadConfiguration() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                var configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                configuration.hsms.append("name: khi-2, address: \"127.0.0.1:9010\", intervall: 5s")
                let service = try stage.service(configuration, after: Self.closeErrors(on: stage))
                #expect(try await service.ended().ending == .exited(78))
            }
        }
    }
}
