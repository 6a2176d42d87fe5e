// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Prober, on an event loop that is busy until after the timeout")
struct BusyLoopTests {
    private static let timeout = Duration.seconds(1)

    private static func prober(at ports: Int...) throws -> Prober {
        let addresses = try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
        return Prober(
            hsm: HSMConfiguration(
                name: "khi-1", address: HostPort(host: "hsm-1.example.net", port: 9010), timeout: timeout),
            resolve: { _, _, answer in answer(.addresses(addresses)) })
    }

    /// Probes, and keeps the loop from everything else between the beginning and the timeout.
    ///
    /// - Parameter event: is waited for too, with the loop held.
    private static func probe(_ prober: Prober, holdingUntil event: @escaping () -> Void = {}) async -> Outcome? {
        // With the service's own preference, without which a probe would begin only in another turn of the loop.
        let probe = Task(executorPreference: ServiceLoop.shared.executor) { await prober.probe() }
        await Task { hold(until: event) }.value
        return await probe.value.first?.observation.outcome
    }

    private static func hold(until event: () -> Void) {
        let end = Instant.now + timeout
        event()
        while Instant.now <= end {}
    }

    private static func kind(_ outcome: Outcome?) -> Failure.Kind? {
        if case .failure(let failure)? = outcome { failure.kind } else { nil }
    }

    private static func available(_ outcome: Outcome?) -> Int? {
        if case .reading(let reading, _)? = outcome { reading.available } else { nil }
    }

    @Test("a connection that the kernel has made in time is one, and the HSM has its time to reply")
    func connected() async throws {
        let hsm = try ThreadedHSM()
        let prober = try Self.prober(at: hsm.port)
        #expect(Self.available(await Self.probe(prober)) == 50)
        prober.stop()
        hsm.stop()
    }

    @Test("a reply that the kernel has in time is a reading")
    func replied() async throws {
        let hsm = try ThreadedHSM()
        let prober = try Self.prober(at: hsm.port)
        _ = await prober.probe()
        hsm.awaitReply()
        #expect(Self.available(await Self.probe(prober, holdingUntil: hsm.awaitReply)) == 50)
        prober.stop()
        hsm.stop()
    }

    @Test("an address that has answered in time does not lose its turn")
    func turn() async throws {
        let hsm = try ThreadedHSM()
        let silent = try ThreadedHSM(isSilent: true)
        let prober = try Self.prober(at: hsm.port, silent.port)
        #expect(Self.available(await Self.probe(prober)) == 50)
        prober.stop()
        hsm.stop()
        silent.stop()
    }

    @Test("an HSM that has said nothing is not excused")
    func silent() async throws {
        let silent = try ThreadedHSM(isSilent: true)
        let prober = try Self.prober(at: silent.port)
        #expect(Self.kind(await Self.probe(prober)) == .noReply)
        prober.stop()
        silent.stop()
    }
}
