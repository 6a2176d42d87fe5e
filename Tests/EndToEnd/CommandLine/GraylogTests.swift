// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch graylog", .timeLimit(.minutes(1)))
    struct GraylogTests {
        /// Plays a test with a Graylog of this version.
        private static func play(
            _ version: GraylogVersion = GraylogVersion(7, 1), _ test: (Stage, GraylogServer) async throws -> Void
        ) async throws {
            let server = try await GraylogServer.start(version)
            do {
                try await Stage.play { try await test($0, server) }
            } catch {
                await server.stop()
                throw error
            }
            await server.stop()
        }

        /// Starts `hsmwatch graylog`, with the URL of the Graylog and its token.
        private static func start(
            _ command: String, _ arguments: [String] = [], on stage: Stage, _ server: GraylogServer,
            token: String = GraylogState.token
        ) throws -> Child {
            let file = try stage.write("\(token)\n", to: "token")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            let access = ["--url", server.url, "--token-file", file]
            return try stage.hsmwatch(["graylog", command] + access + arguments)
        }

        /// The same, to its end.
        private static func run(
            _ command: String, _ arguments: [String] = [], on stage: Stage, _ server: GraylogServer,
            token: String = GraylogState.token
        ) async throws -> Child.Record {
            try await start(command, arguments, on: stage, server, token: token).ended()
        }

        /// Returns when Graylog has got a request that begins so.
        private static func asked(_ prefix: String, _ server: GraylogServer) async throws {
            var count = 1
            while try await !server.requests(count, within: patience).contains(where: { "\($0)".hasPrefix(prefix) }) {
                count += 1
            }
        }

        /// A configuration that watches these HSMs, and what the command line says with it.
        private static func configuration(_ names: String..., on stage: Stage) throws -> [String] {
            let hsms = names.map { "  - {name: \($0), address: \"10.10.5.6:9010\"}" }
            let file = try stage.write(
                """
                source: monitor-1
                hsms:
                \(hsms.joined(separator: "\n"))
                outputs:
                  - {name: graylog, type: gelf-tcp, endpoints: ["127.0.0.1:12201"]}

                """, to: "configuration.yaml")
            return [
                "--config", file, "--email", "soc@bank.example", "--webhook", "https://soc.bank.example/hsm",
                "--no-wait",
            ]
        }

        @Test(
            "install installs the pack, again does nothing, and after a change brings it up to date: exit 0",
            arguments: [
                GraylogVersion(5, 2), GraylogVersion(6, 1), GraylogVersion(6, 3), GraylogVersion(7, 0),
                GraylogVersion(7, 1),
            ])
        func install(version: GraylogVersion) async throws {
            try await Self.play(version) { stage, server in
                let first = try await Self.run("install", Self.configuration("khi-1", on: stage), on: stage, server)
                #expect(first.ending == .exited(0))
                let input = "the input 'hsmwatch: GELF TCP, port 12201' runs"
                let resumed = version < GraylogVersion(7, 0) ? [] : ["resumed the pack's stream"]
                let head = "Graylog \(version) at \(server.url)"
                let steps = [head, "uploaded the content pack as revision 1", "installed revision 1"]
                let made = "made the input 'hsmwatch: GELF TCP, port 12201'"
                let allowed = "put the webhook at soc.bank.example on Graylog's URL allowlist"
                let last =
                    "Graylog has not heard hsmwatch of monitor-1 yet: its silence alert is off until 'hsmwatch graylog "
                    + "install' finds a heartbeat"
                let expected: [String] = steps + resumed + [made, input, allowed, last]
                #expect(first.lines.map(String.init) == expected)

                let again = try await Self.run("install", Self.configuration("khi-1", on: stage), on: stage, server)
                #expect(again.ending == .exited(0))
                let nothing = "the content pack is installed already: nothing to do"
                let present = "the webhook at soc.bank.example is allowed by Graylog's URL allowlist"
                #expect(again.lines.map(String.init) == [head, nothing, input, present, last])

                let bigger = try Self.configuration("khi-1", "khi-2", on: stage)
                let still = try await Self.run("install", bigger, on: stage, server)
                #expect(
                    still.lines.map(String.init) == [head, nothing, input, present, last], "an HSM more changes no pack"
                )

                let more = bigger + ["--email", "payments@bank.example"]
                let dry = try await Self.run("install", more + ["--dry-run"], on: stage, server)
                #expect(dry.ending == .exited(0))
                #expect(dry.lines.dropFirst().allSatisfy { $0.hasPrefix("would ") } && dry.lines.count > 6)
                #expect(
                    dry.lines.suffix(2).first
                        == "would send a test message through the output graylog, and find it in Graylog")
                #expect(dry.errors.hasSuffix("--dry-run: nothing was changed\n"))
                #expect(await server.state.packs.count == 1)

                // Both revisions watch for a while: one version shows it, and that a signal does not end it.
                guard version == GraylogVersion(6, 1) else { return }
                let upgrade = try Self.start("install", more, on: stage, server)
                _ = try await upgrade.said {
                    $0.output.contains("leaving revision 1 for 25 s, until its alerts have seen")
                }
                #expect(await server.state.installations.map(\.pack.revision) == [1, 2])
                upgrade.signal(SIGTERM)
                let changed = try await upgrade.ended(within: .seconds(90))
                #expect(changed.ending == .exited(0))
                #expect(changed.errors.contains("with all that was changed in them by hand"))
                #expect(await server.state.installations.map(\.pack.revision) == [2])
                #expect(await server.state.userStreams.map(\.isPaused) == [false])
            }
        }

        @Test("install that Graylog does not do ends with exit 69, and says why on stderr alone")
        func refused() async throws {
            try await Self.play { stage, server in
                let choices = try Self.configuration("khi-1", on: stage)
                let unknown = try await Self.run("install", choices, on: stage, server, token: "unknown")
                #expect(unknown.ending == .exited(69))
                #expect(unknown.output == "")
                #expect(unknown.errors.contains("Graylog did not say its version: HTTP 401; the token is not known"))

                await server.change {
                    $0.addInput(title: "Applications", type: "org.graylog2.inputs.beats.Beats2Input", port: 12_201)
                }
                let taken = try await Self.run("install", choices, on: stage, server)
                #expect(taken.ending == .exited(69))
                #expect(taken.errors.contains("Graylog's input 'Applications' has port 12201 already"))
                #expect(await server.state.packs.isEmpty)

                await server.stop()
                let down = try await Self.run("install", choices, on: stage, server)
                #expect(down.ending == .exited(69))
                #expect(down.errors.contains("Graylog at \(server.url) is not reached: connection refused"))
            }
        }

        @Test(
            "install that a signal meets while it changes Graylog finishes what is begun, and says so",
            arguments: ["POST /api/system/content_packs", "POST /api/streams", "POST /api/system/inputs"],
            [SIGINT, SIGTERM, SIGHUP])
        func interrupted(request: String, signal: Int32) async throws {
            try await Self.play { stage, server in
                await server.suffer(GraylogFault(.delay(.milliseconds(200)), to: request))
                let command = try Self.start("install", Self.configuration("khi-1", on: stage), on: stage, server)
                try await Self.asked(request, server)
                let record = try await command.ended(by: signal)
                #expect(record.ending == .exited(0))
                #expect(record.errors.contains("note: what is begun is finished first\n"))
                #expect(await server.state.installations.map(\.pack.revision) == [1])
                #expect(await server.state.userStreams.map(\.isPaused) == [false])
                #expect(await server.state.inputs.count == 1)
            }
        }

        @Test("install that waits for a heartbeat ends at once at Ctrl-C, and says what is missing")
        func interruptedWait() async throws {
            try await Self.play { stage, server in
                let choices = try Self.configuration("khi-1", on: stage).filter { $0 != "--no-wait" }
                let command = try Self.start("install", choices, on: stage, server)
                // The last that is asked for before the wait.
                try await Self.asked("PUT /api/system/urlallowlist", server)
                let record = try await command.ended(by: SIGINT)
                #expect(record.ending == .exited(0))
                #expect(record.lines.last?.hasPrefix("Graylog has not heard hsmwatch of monitor-1 yet") == true)
            }
        }

        @Test("install of a configuration that is not valid asks Graylog nothing: exit 78")
        func invalid() async throws {
            try await Self.play { stage, server in
                let file = try stage.write("hsms: []\n", to: "invalid.yaml")
                let record = try await Self.run("install", ["--config", file, "--no-email"], on: stage, server)
                #expect(record.ending == .exited(78))
                #expect(record.output == "")
                #expect(await server.requests.isEmpty)
            }
        }

        @Test("install wants to know who gets mail, and makes no notification to a placeholder: exit 64 or 0")
        func recipients() async throws {
            try await Self.play { stage, server in
                let file = try Self.configuration("khi-1", on: stage)[1]
                let neither = try await Self.run("install", ["--config", file], on: stage, server)
                #expect(neither.ending == .exited(64))
                #expect(neither.errors.contains("--email says who gets alerts; without mail: --no-email."))
                let both = ["--config", file, "--no-email", "--email", "soc@bank.example"]
                #expect(try await Self.run("install", both, on: stage, server).ending == .exited(64))
                #expect(await server.requests.isEmpty)
                let none = try await Self.run(
                    "install", ["--config", file, "--no-email", "--no-wait"], on: stage, server)
                #expect(none.ending == .exited(0))
                #expect(none.errors.contains("there is no mail and no webhook"))
                let kinds = await server.state.installations.flatMap(\.entities).map(\.type)
                #expect(!kinds.contains("notification") && kinds.contains("event_definition"))
                #expect(await server.state.allowedURLs.isEmpty)
            }
        }

        @Test("uninstall leaves nothing of the pack, and has nothing to do then: exit 0")
        func uninstall() async throws {
            try await Self.play { stage, server in
                _ = try await Self.run("install", Self.configuration("khi-1", on: stage), on: stage, server)
                let dry = try await Self.run("uninstall", ["--dry-run"], on: stage, server)
                #expect(dry.ending == .exited(0))
                #expect(dry.lines.dropFirst().allSatisfy { $0.hasPrefix("would ") } && dry.lines.count == 4)
                #expect(await server.state.installations.count == 1)
                let record = try await Self.run("uninstall", on: stage, server)
                #expect(record.ending == .exited(0))
                #expect(record.errors.contains("messages that are stored already stay"))
                #expect(await server.state.installations.isEmpty)
                #expect(await server.state.packs.isEmpty)
                #expect(await server.state.inputs.isEmpty)
                #expect(record.lines.last == "deleted the input 'hsmwatch: GELF TCP, port 12201'")
                let again = try await Self.run("uninstall", on: stage, server)
                #expect(again.ending == .exited(0))
                #expect(again.lines.last == "Graylog does not have the content pack: nothing to do")
            }
        }

        @Test("pin-fields fixes the types of the numbers in an index set, and begins a new index if it shall: exit 0")
        func pinFields() async throws {
            try await Self.play { stage, server in
                let dry = try await Self.run("pin-fields", ["--dry-run", "--rotate"], on: stage, server)
                #expect(dry.ending == .exited(0))
                #expect(dry.output.contains("would fix the types of 30 fields in index set 'Default index set': "))
                #expect(dry.output.hasSuffix("would begin a new index\n"))
                #expect(await server.requests.allSatisfy { $0.method == "GET" })
                let record = try await Self.run("pin-fields", ["--rotate"], on: stage, server)
                #expect(record.ending == .exited(0))
                #expect(record.output.hasSuffix("began a new index\n"))
                let set = try #require(await server.state.indexSets.first { $0.isDefault })
                #expect(set.fieldTypes["sockets_available"] == "long")
                #expect(set.fieldTypes["latency_ms"] == "double")
                #expect(set.rotations == 1)
                let other = try await Self.run("pin-fields", ["--index-set", "abc"], on: stage, server)
                #expect(other.ending == .exited(69))
                #expect(other.errors.contains("Graylog has no such index set"))
            }
        }
    }
}
