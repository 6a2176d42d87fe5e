// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch content-pack", .timeLimit(.minutes(1)))
    struct ContentPackTests {
        private static func configuration(_ name: String) -> String {
            """
            source: monitor-of-\(name)
            hsms:
              - {name: \(name), address: "10.10.5.6:9010"}
            outputs:
              - {name: graylog, type: gelf-tcp, endpoints: ["10.10.5.7:12201"]}

            """
        }

        private static func isChange(_ message: StoredMessage, to state: String) -> Bool {
            message.string("event_type") == "state_change" && message.string("state") == state
        }

        @Test("prints the pack of a configuration to stdout, what should be known of it to stderr: exit 0")
        func pack() async throws {
            try await Stage.play { stage in
                let file = try stage.write(Self.configuration("khi-1"), to: "one.yaml")
                let record = try await stage.outcome(of: ["content-pack", "--config", file, "--revision", "3"])
                #expect(record.ending == .exited(0))
                var parser = JSONParser(Array(record.output.utf8))
                guard case .object(let pack) = try parser.value() else {
                    Issue.record("no object")
                    return
                }
                #expect(pack["rev"] == .integer(3))
                #expect(record.output.contains("hsmwatch of monitor-of-khi-1 is silent"))
                #expect(record.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("note: ") }, "\(record.errors)")
                #expect(record.errors.contains("the placeholder soc@example.org"))
                let again = try await stage.outcome(of: ["content-pack", "--config", file, "--revision", "3"])
                #expect(again.output == record.output)
            }
        }

        @Test("makes one pack of several instances' configurations")
        func several() async throws {
            try await Stage.play { stage in
                let east = try stage.write(Self.configuration("khi-1"), to: "east.yaml")
                let west = try stage.write(Self.configuration("lhe-1"), to: "west.yaml")
                let record = try await stage.outcome(of: [
                    "content-pack", "--config", east, "--config", west, "--email", "soc@bank.example",
                    "--webhook", "https://soc.bank.example/hsm", "--runbook", "https://wiki.bank.example/hsm",
                ])
                #expect(record.ending == .exited(0))
                for text in [
                    "hsmwatch of monitor-of-khi-1 is silent", "hsmwatch of monitor-of-lhe-1 is silent",
                    "soc@bank.example", "https://wiki.bank.example/hsm#",
                ] {
                    #expect(record.output.contains(text))
                }
                #expect(!record.errors.contains("placeholder"), "\(record.errors)")
            }
        }

        @Test("says which alerts stay mute with the outputs that are named, and has no input if it is not wanted")
        func choices() async throws {
            try await Stage.play { stage in
                let text = """
                    hsms:
                      - {name: khi-1, address: "10.10.5.6:9010"}
                    outputs:
                      - {name: all, type: gelf-tcp, endpoints: ["10.10.5.7:12201"]}
                      - {name: few, type: gelf-tcp, endpoints: ["10.10.5.8:12201"], events: [heartbeat]}

                    """
                let file = try stage.write(text, to: "two.yaml")
                let few = try await stage.outcome(of: [
                    "content-pack", "--config", file, "--output", "few", "--no-input",
                ])
                #expect(few.ending == .exited(0))
                #expect(few.output.contains("hsmwatch is silent") && !few.output.contains("GELFTCPInput"))
                #expect(few.errors.contains("alerts about HSMs stay mute"), "\(few.errors)")

                let wrong = try await stage.outcome(of: ["content-pack", "--config", file, "--output", "fex"])
                #expect(wrong.ending == .exited(64))
                #expect(wrong.errors.contains("no output is named 'fex'; there are: all, few"), "\(wrong.errors)")
            }
        }

        @Test("prints nothing of a configuration that is not valid: exit 78")
        func invalid() async throws {
            try await Stage.play { stage in
                let file = try stage.write("hsms: []\n", to: "invalid.yaml")
                let record = try await stage.outcome(of: ["content-pack", "--config", file])
                #expect(record.ending == .exited(78))
                #expect(record.output == "")
                #expect(record.errors.contains("\(file):1:7: error: "), "\(record.errors)")
            }
        }

        @Test(
            "says what is allowed where a value is not: exit 64",
            arguments: [
                (["--revision", "0"], "--revision is 0; allowed: 1 … 2147483647"),
                (["--email", "soc"], "'soc' is not an address; allowed: name@host"),
                (["--webhook", "soc"], "'soc' is not a URL; allowed: https://… or http://…"),
                (["--runbook", "a b"], "'a b' is not a place; allowed: 1 … 1024 visible characters without spaces"),
            ])
        func usage(arguments: [String], message: String) async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: ["content-pack"] + arguments)
                #expect(record.ending == .exited(64))
                #expect(record.errors.contains(message), "\(record.errors)")
            }
        }

        @Test("has alerts that are raised by what the service sends, when sessions use up an HSM and when it is gone")
        func alerts() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.heartbeat = "1s"
                let service = try stage.service(configuration)
                let file = stage.folder.appending(path: "service.yaml").path()
                let printed = try await stage.outcome(of: ["content-pack", "--config", file]).output
                var parser = JSONParser(Array(printed.utf8))
                let rules = try AlertRule.rules(of: try parser.value())
                func raised(by messages: [StoredMessage]) throws -> [RaisedAlert] {
                    var now = try #require(messages.map(\.timestamp).max())
                    now.milliseconds += 1
                    return rules.flatMap { $0.events(in: messages, endingAt: now) }
                }

                var mail = Mail()
                try await mail.collect(from: graylog) { $0.string("state") == "ok" }
                try await mail.collect(from: graylog) { $0.string("event_type") == "heartbeat" }
                #expect(try raised(by: mail.messages) == [])

                try await hsm.change { $0.inUse = 60 }
                try await mail.collect(from: graylog) { Self.isChange($0, to: "critical") }
                let low = try raised(by: mail.messages)
                #expect(low.map(\.title) == ["HSM critical"])
                #expect(low.first?.fields["what"]?.contains("is critical: 3 of 64 sockets available") == true)
                #expect(low.first?.fields["sockets_available"] == "3")

                try await hsm.change { $0.fault = .refuse }
                try await mail.collect(from: graylog) { Self.isChange($0, to: "unreachable") }
                #expect(try raised(by: mail.messages).map(\.title).last == "HSM unreachable")
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
