// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Prober, of an HSM that sends unasked replies, over loopback")
struct UnaskedReplyTests {
    /// What the HSM says when it is asked about the port.
    private nonisolated static let replies = [9010: "<2223#10#64#54#>\r\n", 9011: "<2223#20#64#44#>\r\n"]

    private static func prober(at port: Int, ports: [UInt16] = [9010, 9011]) throws -> Prober {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "127.0.0.1", port: UInt16(port)), queryPorts: ports,
            timeout: .seconds(60))
        return Prober(hsm: hsm, resolve: { _, _, answer in answer(.addresses([address])) })
    }

    /// What came of each query: the sockets available, or the kind and the first words of the failure.
    private static func words(_ answers: [ProbeConversation.Answer]) -> [String] {
        answers.map { answer in
            switch answer.observation.outcome {
            case .reading(let reading, _): "\(reading.available)"
            case .failure(let failure): "\(failure.kind) \(failure.detail.prefix(13))"
            }
        }
    }

    private nonisolated static func reply(to question: String) -> String {
        replies.first { question.contains("\($0.key)") }?.value ?? "<2223#30#64#34#>\r\n"
    }

    @Test("a doubled reply that comes after the next question is no answer to it")
    func doubledLate() async throws {
        let hsm = try ScriptedHSM { client in
            var last = ""
            while let question = client.read() {
                // The double of the reply before comes first.
                if !last.isEmpty { client.write(last) }
                last = Self.reply(to: question)
                client.write(last)
            }
        }
        let prober = try Self.prober(at: hsm.port)
        #expect(Self.words(await prober.probe()) == ["10", "malformed unasked reply"])
        prober.stop()
        hsm.stop()
    }

    @Test(
        "replies that come twice at once are reported once, and then every port has its own reading",
        arguments: [[], [9010, 9011]] as [[UInt16]])
    func doubled(ports: [UInt16]) async throws {
        let hsm = try ScriptedHSM { client in
            while let question = client.read() {
                let reply = Self.reply(to: question)
                client.write(reply + reply)
            }
        }
        let prober = try Self.prober(at: hsm.port, ports: ports)
        var probes: [[String]] = []
        for _ in 1...6 { probes.append(Self.words(await prober.probe())) }
        let told = "malformed unasked reply"
        #expect(
            probes
                == (ports.isEmpty
                    ? [["30"], [told]] + Array(repeating: ["30"], count: 4)
                    : [["10", told]] + Array(repeating: ["10", "20"], count: 5)))
        prober.stop()
        hsm.stop()
    }

    @Test("a reply that comes before the first question is reported once, and answers no question")
    func early() async throws {
        let hsm = try ScriptedHSM { client in
            client.write("<2223#0#64#64#>\r\n")
            while let question = client.read() { client.write(Self.reply(to: question)) }
        }
        let prober = try Self.prober(at: hsm.port)
        var probes: [[String]] = []
        for _ in 1...4 { probes.append(Self.words(await prober.probe())) }
        let told = "malformed unasked reply"
        #expect(probes == [[told, told]] + Array(repeating: ["10", "20"], count: 3))
        prober.stop()
        hsm.stop()
    }
}
