// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch probe", .timeLimit(.minutes(2)))
    struct ProbeCommandTests {
        @Test("every fault has its exit code and its words, in every format", arguments: ProbedFault.all)
        func faults(fault: ProbedFault) async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(fault.behaviour)
                let arguments = ["probe", "\(hsm.address)", "--timeout", "1s", "--format"]
                nonisolated(nonsending) func output(_ format: String) async throws -> String {
                    let record = try await stage.outcome(of: arguments + [format])
                    #expect(record.ending == .exited(fault.exit))
                    #expect(record.errors == "")
                    #expect(record.output.hasSuffix("\n"))
                    _ = try await hsm.facts(within: patience) { $0.open == 0 }
                    return String(record.output.dropLast())
                }

                let text = try await output("text")
                #expect(text.hasPrefix("\(hsm.address), "))
                #expect(text.contains(" ms  resolved to 127.0.0.1\n"))
                #expect(text.split(separator: "\n").last.map { String($0).reads(as: fault.line) } == true, "\(text)")
                #expect(!text.contains("\u{1B}"))

                let nagios = try await output("nagios").replacing("\(hsm.address)", with: "127.0.0.1:PORT")
                let parts = nagios.split(separator: " | ", omittingEmptySubsequences: false)
                #expect(parts.first.map { String($0).reads(as: fault.nagios) } == true, "\(nagios)")
                if fault.failure == nil {
                    let available = try #require(nagios.firstMatch(of: /: (\d+) of 64/)?.1)
                    let numbers = #/available=(\d+);;50:;0;64 latency=0\.\d{6}s;;;0;1\.000000/#
                    #expect(try #require(parts.last?.wholeMatch(of: numbers)).1 == available)
                } else {
                    #expect(parts.count == 1)
                }

                let json = try await output("json")
                #expect(!json.contains("\n"))
                #expect(json.text(of: "state") == fault.state)
                #expect(json.text(of: "failure") == fault.failure)
                #expect(json.contains("sockets_available") == (fault.failure == nil))

                let gelf = try await output("gelf")
                #expect(gelf.text(of: "_event_type") == (fault.failure == nil ? "reading" : "probe_failure"))
                #expect(gelf.text(of: "_state") == fault.state)
                #expect(gelf.text(of: "_failure") == fault.failure)

                let facts = await hsm.facts
                #expect(facts.mostOpen <= 1)
                #expect(facts.text == String(repeating: "<1223#>\n", count: facts.requests))
            }
        }

        @Test("options say what is asked and how it is judged; of several query ports the worst counts")
        func options() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(total: 256, inUse: 205))
                let record = try await stage.outcome(of: [
                    "probe", "\(hsm.address)", "--query-port", "9010", "--query-port", "1500", "--warning", "100",
                    "--critical", "10%", "--timeout", "20s", "--line-ending", "crlf", "--format", "nagios",
                ])
                #expect(record.ending == .exited(1))
                let output = record.output.replacing(/=\d+\.\d+s/, with: "=Xs")
                #expect(
                    output == "HSM WARNING - \(hsm.address): port 9010: 50 of 256 sockets available; "
                        + "port 1500: 50 of 256 sockets available"
                        + " | available_9010=50;100:;26:;0;256 latency_9010=Xs;;;0;20.000000"
                        + " available_1500=50;100:;26:;0;256 latency_1500=Xs;;;0;20.000000\n")
                #expect(await hsm.facts.text == "<1223#9010#>\r\n<1223#1500#>\r\n")
                #expect(await hsm.facts.accepted == 1)
            }
        }

        @Test(
            "nothing that answers can add to the nagios line, or command a terminal",
            arguments: [
                "<00#29|available=64;;;0;64#>", "<x|y\n\nHSM OK - fine|a=1>", "<\u{1B}[31m\u{1B}]0;title\u{07}>",
                "HTTP/1.1 200 OK\r\n\r\n<a|b=1>", "<2223#64#64#0|load=1#>\r\n", "<2223#99#64#0#|a=1>",
            ])
        func injection(reply: String) async throws {
            for format in ["nagios", "text", "json"] {
                try await Stage.play { stage in
                    let peer = try ReplyingPeer(Array(reply.utf8))
                    let record = try await stage.outcome(of: ["probe", "\(peer.address)", "--format", format])
                    let isReading = reply.hasPrefix("<2223#64#")
                    #expect(record.ending == .exited(isReading ? 0 : 3))
                    #expect(record.output.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A })
                    guard format == "nagios" else { return }
                    #expect(record.lines.count == 1)
                    let numbers = record.output.split(separator: "|").dropFirst()
                    #expect(numbers.count == (isReading ? 1 : 0))
                    #expect(numbers.allSatisfy { $0.hasPrefix(" available=64;;50:;0;64 latency=") })
                }
            }
        }

        @Test("text is coloured on a terminal, and never with NO_COLOR")
        func colour() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let command = "\(Stage.program.path()) probe \(hsm.address)"
                let coloured = try await stage.outcome(ofTool: "script", ["-qec", command, "/dev/null"])
                #expect(coloured.output.contains("\u{1B}[32mok\u{1B}[0m: 63 of 64 sockets available"))
                let plain = try await stage.outcome(ofTool: "script", ["-qec", "NO_COLOR=1 \(command)", "/dev/null"])
                #expect(plain.output.contains("ok: 63 of 64 sockets available"))
                #expect(!plain.output.contains("\u{1B}"))
            }
        }
    }
}
