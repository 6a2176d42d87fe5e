// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("hsmwatch receive", .timeLimit(.minutes(1)))
    struct ReceiveTests {
        private static let message =
            #"{"version":"1.1","host":"h","short_message":"hello","timestamp":1,"_n":5,"_b":true}"#

        @Test("prints what Graylog would store and what it would drop, one JSON object a line")
        func json() async throws {
            try await Stage.play { stage in
                let receiver = try stage.hsmwatch(["receive", "--listen", "127.0.0.1:0", "--format", "json"])
                let sender = try SocketClient(try await receiver.inputAddresses()[0])
                try sender.send(Self.message + "\0" + "junk\0")
                let record = try await receiver.said { $0.lines.count == 2 }
                #expect(
                    record.lines.first == """
                        {"stored":{"message":"hello","n":5,"source":"h","timestamp":"1970-01-01 00:00:01.000"},\
                        "warnings":[],"dropped_fields":[{"field":"_b","reason":"a boolean"}]}
                        """)
                #expect(record.lines.last?.hasPrefix(#"{"dropped":"invalid JSON"#) == true)
            }
        }

        @Test("prints a line for a person, without colour when no terminal reads it")
        func text() async throws {
            try await Stage.play { stage in
                let receiver = try stage.hsmwatch(["receive", "--listen", "127.0.0.1:0"])
                let sender = try SocketClient(try await receiver.inputAddresses()[0])
                try sender.send(Self.message.replacing("hello", with: "a\\u001b[31mred") + "\0")
                let record = try await receiver.said { $0.lines.count == 1 }
                #expect(record.output.contains("00:00:01.000Z"))
                #expect(record.output.contains(" h a\\u001B[31mred n=5 lost _b: a boolean"))
                #expect(!record.output.contains("\u{1B}"))
            }
        }

        @Test("SIGTERM and SIGINT end it with exit 0, also while a sender is connected", arguments: [SIGTERM, SIGINT])
        func stop(signal: Int32) async throws {
            try await Stage.play { stage in
                let receiver = try stage.hsmwatch(["receive", "--listen", "127.0.0.1:0"])
                let sender = try SocketClient(try await receiver.inputAddresses()[0])
                try sender.send(Self.message + "\0")
                _ = try await receiver.said { $0.lines.count == 1 }
                #expect(try await receiver.ended(by: signal).ending == .exited(0))
                #expect(try sender.line() == "")
            }
        }

        @Test("simulate, run and receive are all that it takes to see a reading")
        func together() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(total: 64, inUse: 13))
                let receiver = try stage.hsmwatch(["receive", "--listen", "127.0.0.1:0", "--format", "json"])
                var configuration = ConfigurationText(hsms: [ConfigurationText.entry("khi-1", hsm)])
                configuration.endpoints = [try await receiver.inputAddresses()[0]]
                let service = try stage.service(configuration)
                let sentence = "14 TCP socket connections are consumed out of 64 on HSM Host: \(hsm.address)"
                _ = try await receiver.said { $0.output.contains(sentence) }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                _ = try await receiver.said { $0.output.contains(#""action":"stopping""#) }
                let record = try await receiver.ended(by: SIGTERM)
                #expect(record.lines.allSatisfy { $0.hasSuffix(#","warnings":[],"dropped_fields":[]}"#) })
            }
        }
    }
}
