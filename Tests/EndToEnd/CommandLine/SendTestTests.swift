// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch send-test", .timeLimit(.minutes(1)))
    struct SendTestTests {
        /// The configuration of outputs that a test gives.
        private static func file(_ outputs: String, on stage: Stage) throws -> String {
            try stage.write(
                """
                hsms:
                  - {name: khi-1, address: "127.0.0.1:9"}
                outputs:
                \(outputs)

                """, to: "outputs.yaml")
        }

        @Test("a message is confirmed by every endpoint of every output: exit 0")
        func confirmed() async throws {
            try await Stage.play { stage in
                let (first, second) = (try await stage.graylog(), try await stage.graylog())
                let file = try Self.file(
                    """
                      - {name: graylog, type: gelf-tcp, endpoints: ["\(first.address)", "\(second.address)"]}
                    """, on: stage)
                let record = try await stage.outcome(of: ["send-test", "--config", file])
                #expect(record.ending == .exited(0))
                #expect(record.errors == "")
                let lines = record.output.split(separator: "\n")
                #expect(lines.count == 2)
                for endpoint in [first, second] {
                    #expect(lines.contains { $0.hasPrefix("graylog → \(endpoint.address): resolved to 127.0.0.1 in ") })
                }
                #expect(lines.count { $0.contains(/in [0-9]+\.[0-9]{3} ms; connected in [0-9]+\.[0-9]{3} ms;/) } == 2)
                for graylog in [first, second] {
                    let message = try #require(try await graylog.take(1, within: patience).first?.stored)
                    let instance = try #require(message.string("instance"))
                    let told = "; \(graylog.address) read it and closed cleanly in "
                    #expect(
                        lines.contains {
                            $0.contains(told) && $0.hasSuffix(" ms; look in Graylog for instance:\(instance)")
                        })
                    #expect(message.string("action") == "send_test")
                    #expect(message.string("endpoint") == "\(graylog.address)")
                    #expect(message.warnings == [])
                }
            }
        }

        @Test("an endpoint that is down is reported beside one that is up: exit 69")
        func down() async throws {
            try await Stage.play { stage in
                let (up, down) = (try await stage.graylog(), try await stage.graylogThatIsDown())
                let file = try Self.file(
                    """
                      - {name: graylog, type: gelf-tcp, endpoints: ["\(down.address)"]}
                      - {name: archive, type: gelf-tcp, endpoints: ["\(up.address)"], confirm: off}
                    """, on: stage)
                let record = try await stage.outcome(of: ["send-test", "--config", file])
                #expect(record.ending == .exited(69))
                let lines = record.output.split(separator: "\n")
                #expect(
                    lines.contains {
                        $0.hasPrefix("graylog → \(down.address): ") && $0.hasSuffix("; FAILED: connection refused")
                    })
                #expect(lines.contains { $0.contains(" acknowledged it in ") && $0.contains("confirm is off") })
            }
        }

        @Test("connects to no HSM, whether check can know it or only the resolver: exit 78 or 69")
        func hsm() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let port = hsm.address.ports.lowerBound
                let text = { (address: String, endpoint: String) in
                    """
                    hsms:
                      - {name: khi-1, address: "\(address):\(port)", fields: {site: '<9A#RESET#>'}}
                    outputs:
                      - {name: graylog, type: gelf-tcp, endpoints: ["\(endpoint):\(port)"]}

                    """
                }
                for endpoint in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
                    let file = try stage.write(text("127.0.0.1", endpoint), to: "outputs.yaml")
                    let record = try await stage.outcome(of: ["send-test", "--config", file])
                    #expect(record.ending == .exited(78))
                    #expect(record.errors.contains("is a command port of HSM khi-1"))
                }
                let name = ProcessInfo.processInfo.hostName
                let found = try await stage.outcome(ofTool: "getent", ["ahosts", name])
                if let address = found.output.split(separator: " ").first.map(String.init), address.contains(".") {
                    let file = try stage.write(text(address, name), to: "outputs.yaml")
                    let record = try await stage.outcome(of: ["send-test", "--config", file])
                    #expect(record.ending == .exited(69))
                    #expect(record.output.contains("FAILED: \(address):\(port) is a command port of HSM khi-1"))
                }
                #expect(await hsm.facts.accepted == 0)
            }
        }

        @Test("a silent endpoint delays no other: each line comes as its endpoint ends")
        func silent() async throws {
            try await Stage.play { stage in
                let up = try await stage.graylog()
                let silent = try await stage.hsm(HSMBehaviour(fault: .hang))
                let file = try Self.file(
                    """
                      - {name: silent, type: gelf-http, endpoints: ["\(silent.address)"]}
                      - {name: graylog, type: gelf-tcp, endpoints: ["\(up.address)"], confirm: off}
                    """, on: stage)
                let child = try stage.hsmwatch(["send-test", "--config", file])
                let early = try await child.said { $0.output.contains("graylog → \(up.address)") }
                #expect(early.ending == nil)
                #expect(early.output.contains("acknowledged it in"))
                #expect(!early.output.contains("silent → "))
                try await child.end()
            }
        }

        @Test("a configuration that is not valid ends it with exit 78, and nothing is sent")
        func invalid() async throws {
            try await Stage.play { stage in
                let file = try Self.file("  - {name: graylog, type: gelf-tcp}", on: stage)
                let record = try await stage.outcome(of: ["send-test", "--config", file])
                #expect(record.ending == .exited(78))
                #expect(record.output == "")
            }
        }
    }
}
