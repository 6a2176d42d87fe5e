// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("hsmwatch probe, by a name of the configuration", .timeLimit(.minutes(1)))
    struct ProbeNameTests {
        private static let options = """
            query_ports: [1500], line_ending: none, timeout: 20s, interval: 20s, fields: {site: khi}, \
            alert: {warning: 40%, critical: 20%}
            """

        @Test("the HSM is asked and judged as the configuration says, and options come first")
        func settings() async throws {
            try await Stage.play { stage in
                let (hsm, other) = (try await stage.hsm(HSMBehaviour(total: 64, inUse: 43)), try await stage.hsm())
                let configuration = ConfigurationText(
                    endpoints: [ListenAddress(host: "127.0.0.1", port: 9)],
                    hsms: [
                        ConfigurationText.entry("khi-1", hsm, Self.options), ConfigurationText.entry("khi-2", other),
                    ])
                let file = try stage.write(configuration.text, to: "hsmwatch.yaml")
                let arguments = ["probe", "khi-1", "--config", file]
                let text = try await stage.outcome(of: arguments)
                #expect(text.ending == .exited(1))
                #expect(text.output.hasPrefix("khi-1 at \(hsm.address), "))
                #expect(
                    text.lines.last
                        == "port 1500 warning: 20 of 64 sockets available; warning <26, critical <13")
                let gelf = try await stage.outcome(of: arguments + ["--format", "gelf", "--critical", "40%"])
                #expect(gelf.ending == .exited(2))
                #expect(gelf.lines.count == 2)
                for line in gelf.lines.map(String.init) {
                    #expect(line.text(of: "host") == "monitor-1")
                    #expect(line.text(of: "_hsm_name") == "khi-1")
                    #expect(line.text(of: "_site") == "khi")
                    #expect(line.number(of: "_threshold_critical") == 26)
                }
                #expect(await hsm.facts.text == "<1223#1500#><1223#1500#>")
                #expect(await other.facts.accepted == 0)
            }
        }

        @Test("gelf is what the service sends: Graylog stores the same but for time, number and instance")
        func asTheService() async throws {
            try await Stage.play { stage in
                let (hsm, graylog) = (
                    try await stage.hsm(HSMBehaviour(total: 64, inUse: 60)), try await stage.graylog()
                )
                var configuration = ConfigurationText(
                    to: graylog,
                    // The first reading comes within a second, so that both are unknown for 0 s before it.
                    hsms: [ConfigurationText.entry("khi-1", hsm, Self.options.replacing("20s", with: "900ms"))])
                configuration.runbook = "https://wiki.example.net/hsm"
                func comparable(_ message: StoredMessage) -> [String: FieldValue] {
                    message.fields.filter { !["timestamp", "latency_ms", "instance", "sequence"].contains($0.key) }
                }
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.string("event_type") == "state_change" }
                try await service.ended(by: SIGTERM)
                try await mail.collect(from: graylog) { $0.string("action") == "stopping" }
                let sent = mail.messages.filter { ["reading", "state_change"].contains($0.string("event_type")) }

                let file = try stage.write(configuration.text, to: "probe.yaml")
                let probe = try await stage.outcome(of: ["probe", "khi-1", "--config", file, "--format", "gelf"])
                let client = try SocketClient(graylog.address)
                try client.send(probe.lines.map { $0 + "\0" }.joined())
                var probed = Mail()
                try await probed.collect(from: graylog) { $0.string("event_type") == "state_change" }
                #expect(probed.messages.map(comparable) == sent.prefix(2).map(comparable))
                #expect(
                    probed.messages.last?.string("next_step")?.hasSuffix("Runbook: https://wiki.example.net/hsm")
                        == true)
                #expect(probed.sequences == [1, 2])
                #expect(probed.instances.isDisjoint(with: mail.instances))
            }
        }

        @Test("what only the outputs need, and warnings, are not the probe's business")
        func outputs() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let file = try stage.write(
                    """
                    hsms:
                      - {name: khi-1, address: "\(hsm.address)"}
                    outputs:
                      - {name: graylog, type: gelf-tcp, endpoints: ["127.0.0.1:9"], confirm: off, \
                    tls: {ca: $CREDENTIALS_DIRECTORY/ca.pem}}

                    """, to: "hsmwatch.yaml")
                #expect(try await stage.outcome(of: ["check", "--config", file]).ending == .exited(78))
                let record = try await stage.outcome(of: ["probe", "khi-1", "--config", file])
                #expect(record.ending == .exited(0))
                #expect(record.errors == "")
            }
        }

        @Test("an unknown name is wrong usage, and the error names the nearest one")
        func unknown() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(
                    endpoints: [ListenAddress(host: "127.0.0.1", port: 9)],
                    hsms: [ConfigurationText.entry("khi-1", hsm), ConfigurationText.entry("lhe-1", hsm)])
                let file = try stage.write(configuration.text, to: "hsmwatch.yaml")
                let record = try await stage.outcome(of: ["probe", "khi-9", "--config", file])
                #expect(record.ending == .exited(64))
                #expect(record.output == "")
                #expect(
                    record.errors.contains(
                        "there is no HSM 'khi-9'; did you mean 'khi-1'? (allowed: khi-1, lhe-1; "
                            + "or an address with its port, such as khi-9:9010)"))
                #expect(await hsm.facts.accepted == 0)
            }
        }

        @Test("a configuration that is not valid ends it with exit 78, and says how to do without")
        func invalid() async throws {
            try await Stage.play { stage in
                let file = try stage.write("hsms: []\n", to: "hsmwatch.yaml")
                for path in [file, stage.folder.appending(path: "missing.yaml").path()] {
                    let record = try await stage.outcome(of: ["probe", "khi-1", "--config", path])
                    #expect(record.ending == .exited(78))
                    #expect(record.output == "")
                    #expect(record.errors.contains("\(path):1:"))
                    #expect(record.errors.contains("an address has a port: khi-1:9010\n"))
                }
            }
        }
    }
}
