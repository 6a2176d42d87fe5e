// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Prober, when the HSM resets the connection that it has accepted")
struct ResetTests {
    private static let failure = Failure(.closed, "the HSM reset the connection before it replied")

    private static func prober(at ports: Int...) throws -> Prober {
        let addresses = try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
        let hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "hsm-1.example.net", port: 9010), timeout: .seconds(60))
        return Prober(hsm: hsm, resolve: { _, _, answer in answer(.addresses(addresses)) })
    }

    @Test("every reset is the same failure, whether it comes before the first look, before the question or after it")
    func oneFailure() async throws {
        let hsm = try ScriptedHSM { $0.resetAtEnd() }
        let prober = try Self.prober(at: hsm.port)
        var outcomes: [Outcome: Int] = [:]
        for _ in 1...500 {
            for answer in await prober.probe() { outcomes[answer.observation.outcome, default: 0] += 1 }
        }
        #expect(outcomes == [.failure(Self.failure): 500])
        prober.stop()
        hsm.stop()
    }

    @Test("the next address of the name is tried after every reset")
    func nextAddress() async throws {
        let (resetting, sound) = (
            try ScriptedHSM { $0.resetAtEnd() },
            try ScriptedHSM { client in
                while client.read() != nil { client.write("<2223#50#64#14#>\r\n") }
            }
        )
        var readings = 0
        for _ in 1...200 {
            let prober = try Self.prober(at: resetting.port, sound.port)
            for answer in await prober.probe() where !answer.observation.outcome.isFailure { readings += 1 }
            prober.stop()
        }
        #expect(readings == 200)
        resetting.stop()
        sound.stop()
    }
}
