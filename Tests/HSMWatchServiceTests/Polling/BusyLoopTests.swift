// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Prober, on an event loop that is busy until after the timeout")
struct BusyLoopTests {
    private static let timeout = Duration.seconds(1)

    private static let hsm = HSMConfiguration(
        name: "khi-1", address: HostPort(host: "hsm-1.example.net", port: 9010), timeout: timeout)

    private static func prober(at ports: Int...) throws -> Prober {
        let addresses = try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
        return Prober(
            hsm: hsm,
            resolve: { _, _, answer in answer(.addresses(addresses)) })
    }

    /// Probes, and keeps the loop from everything else between the beginning and the timeout.
    ///
    /// - Parameter event: is waited for too, with the loop held.
    private static func probe(_ prober: Prober, holdingUntil event: @escaping () -> Void = {}) async -> Outcome? {
        await observe(prober, holdingUntil: event)?.outcome
    }

    private static func observe(_ prober: Prober, holdingUntil event: @escaping () -> Void = {}) async -> Observation? {
        // With the service's own preference, without which a probe would begin only in another turn of the loop.
        let probe = Task(executorPreference: ServiceLoop.shared.executor) { await prober.probe() }
        await Task { hold(until: event) }.value
        return await probe.value.first?.observation
    }

    private static func hold(for time: Duration = timeout, until event: () -> Void) {
        let end = Instant.now + time
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
        #expect(Self.available(await Self.probe(prober, holdingUntil: hsm.awaitReply)) == 49)
        prober.stop()
        hsm.stop()
    }

    @Test("a reply that waited in the kernel is dated when it came, not when it was read")
    func dated() async throws {
        let hsm = try ThreadedHSM()
        let prober = try Self.prober(at: hsm.port)
        _ = await prober.probe()
        hsm.awaitReply()
        let (asked, askedAt) = (Instant.now, Timestamp.now)
        var came = asked
        let observation = try #require(
            await Self.observe(prober) {
                hsm.awaitReply()
                came = .now
            })
        // The kernel counts in ticks of up to 10 ms.
        let tick = Duration.milliseconds(10)
        #expect(observation.instant <= came + tick)
        #expect(observation.latency <= came - asked + tick)
        let later = observation.timestamp.milliseconds - askedAt.milliseconds
        #expect((-1...(came - asked + tick).wholeMilliseconds + 1).contains(later), "\(later) ms after the question")
        prober.stop()
        hsm.stop()
    }

    @Test("a failure is dated when the deadline passed, not when the loop had time to say so")
    func datedFailure() async throws {
        let silent = try ThreadedHSM(isSilent: true)
        let prober = try Self.prober(at: silent.port)
        let begin = Instant.now
        let probe = Task(executorPreference: ServiceLoop.shared.executor) { await prober.probe() }
        // Twice: the first time for the connection, after which the HSM has its time anew.
        await Task { Self.hold {} }.value
        while !silent.hasBeenAsked { await Task.yield() }
        let asked = Instant.now
        await Task { Self.hold(for: Self.timeout * 2) {} }.value
        let observation = try #require(await probe.value.first?.observation)
        #expect(Self.kind(observation.outcome) == .noReply)
        #expect(observation.instant <= asked + Self.timeout)
        #expect(observation.latency <= asked - begin + Self.timeout)
        prober.stop()
        silent.stop()
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

    @Test("an address that comes after a dead one has its time, however late the dead one was given up")
    func nextTurn() async throws {
        let (dead, alsoDead) = (try FullListener(), try FullListener())
        let hsm = try ThreadedHSM()
        let prober = try Self.prober(at: dead.port, hsm.port)
        #expect(Self.available(await Self.probe(prober)) == 50)
        prober.stop()
        hsm.stop()

        let lost = try Self.prober(at: dead.port, alsoDead.port)
        let begin = Instant.now
        #expect(Self.kind(await Self.probe(lost)) == .timeout)
        #expect(Instant.now - begin >= Self.timeout * 3 / 2)
        dead.close()
        alsoDead.close()
    }

    @Test("an address that comes after a dead one loses nothing by how late the dead one's turn ended")
    func lateTurn() async throws {
        let (dead, alsoDead) = (try FullListener(), try FullListener())
        let prober = try Self.prober(at: dead.port, alsoDead.port)
        let begin = Instant.now
        let probe = Task(executorPreference: ServiceLoop.shared.executor) { await prober.probe() }
        await Task { Self.hold(for: Self.timeout * 9 / 10) {} }.value
        #expect(Self.kind(await probe.value.first?.observation.outcome) == .timeout)
        #expect(Instant.now - begin >= Self.timeout * 14 / 10)
        dead.close()
        alsoDead.close()
    }

    @Test("a name that was resolved in time is, and its HSM has its time")
    func resolved() async throws {
        let hsm = try ThreadedHSM()
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: hsm.port)
        let prober = Prober(
            hsm: Self.hsm,
            resolve: { _, _, answer in
                ServiceLoop.after(.milliseconds(1)) { answer(.addresses([address])) }
            })
        #expect(Self.available(await Self.probe(prober)) == 50)
        prober.stop()
        hsm.stop()
    }

    @Test(
        "the reply to a question of the process before is no answer, however late it is looked at",
        arguments: [true, false])
    func staleReply(probesAtOnce: Bool) async throws {
        let hsm = try ThreadedHSM()
        let configuration = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "127.0.0.1", port: UInt16(hsm.port)), timeout: Self.timeout)
        let killed = try PlainSocket(to: ListenAddress(host: "127.0.0.1", port: hsm.port))
        killed.ask()
        hsm.awaitReply()
        let systemd = PretendedStore()
        systemd.put(killed.descriptor, as: ConnectionName(hsm: configuration).text)
        killed.close()
        let store = ConnectionStore(inherited: systemd.handedOver(), tell: systemd.hand)
        let prober = Prober(hsm: configuration, resolver: Resolver(), store: store)
        if !probesAtOnce { Self.hold {} }
        #expect(Self.available(await Self.probe(prober)) == 49)
        prober.stop()
        hsm.stop()
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
