// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
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
                #expect(lines.count { $0.contains(/; confirmed in [0-9]+\.[0-9]{3} ms: Graylog has read/) } == 2)
                for graylog in [first, second] {
                    let message = try #require(try await graylog.take(1, within: patience).first?.stored)
                    #expect(message.string("action") == "send_test")
                    #expect(message.string("endpoint") == "\(graylog.address)")
                    #expect(message.warnings == [])
                }
            }
        }

        @Test("an endpoint that is down is told beside one that is not: exit 69")
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
                #expect(lines.contains { $0.contains("acknowledged in") && $0.contains("confirm is off") })
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
                #expect(early.output.contains("acknowledged in"))
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
