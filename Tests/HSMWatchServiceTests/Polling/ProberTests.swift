// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import HSMWatchSimulation
import NIOCore
import Testing

@ServiceLoop
@Suite("Prober, over loopback")
struct ProberTests {
    /// Long enough for every answer, however busy the machine.
    private static let ample = Duration.seconds(60)
    /// For a peer that never answers; still long enough to connect on a busy machine.
    private static let brief = Duration.seconds(2)

    private static func hsm(
        at address: ListenAddress, _ mode: ConnectionMode = .persistent, timeout: Duration = ample,
        ports: [UInt16] = []
    ) -> HSMConfiguration {
        HSMConfiguration(
            name: "khi-1", address: HostPort(host: address.host, port: UInt16(address.ports.lowerBound)),
            queryPorts: ports, timeout: timeout, connection: mode)
    }

    private static func simulator(_ fault: HSMFault = .none, total: Int = 64, inUse: Int = 13) async throws
        -> HSMSimulator
    {
        try await HSMSimulator.start(
            on: ListenAddress(host: "127.0.0.1", port: 0),
            behaviour: HSMBehaviour(total: total, inUse: inUse, fault: fault))
    }

    private static func kind(_ answers: [ProbeConversation.Answer]) -> Failure.Kind? {
        guard case .failure(let failure)? = answers.first?.observation.outcome else { return nil }
        return failure.kind
    }

    private static func reading(_ answers: [ProbeConversation.Answer]) -> Reading? {
        guard case .reading(let reading, _)? = answers.first?.observation.outcome else { return nil }
        return reading
    }

    @Test("a hundred probes of a healthy HSM use one connection and send one frame each")
    func persistent() async throws {
        let simulator = try await Self.simulator()
        let prober = Prober(hsm: Self.hsm(at: simulator.address), resolver: Resolver())
        for _ in 0..<100 {
            #expect(Self.reading(await prober.probe()) == Reading(available: 50, total: 64))
        }
        prober.stop()
        let facts = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        #expect(facts.accepted == 1)
        #expect(facts.text == String(repeating: "<1223#>\n", count: 100))
        await simulator.stop()
    }

    @Test("per-probe opens one connection after the other, never two at once")
    func perProbe() async throws {
        let simulator = try await Self.simulator()
        let prober = Prober(hsm: Self.hsm(at: simulator.address, .perProbe), resolver: Resolver())
        for number in 1...20 {
            #expect(Self.reading(await prober.probe()) != nil)
            let facts = try await simulator.facts(within: Self.ample) { $0.open == 0 }
            #expect(facts.accepted == number)
            #expect(facts.mostOpen == 1)
        }
        await simulator.stop()
    }

    @Test(
        "each fault is told by its own kind",
        arguments: [
            (HSMFault.refuse, Failure.Kind.refused), (.hang, .noReply), (.close, .closed), (.reset, .closed),
            (.garbage, .malformed), (.truncated, .closed), (.error(22), .hsmError), (.error(29), .hsmError),
            (.huge, .malformed),
        ])
    func faults(fault: HSMFault, expected: Failure.Kind) async throws {
        let simulator = try await Self.simulator(fault)
        for mode in [ConnectionMode.persistent, .perProbe] {
            let prober = Prober(
                hsm: Self.hsm(at: simulator.address, mode, timeout: fault == .hang ? Self.brief : Self.ample),
                resolver: Resolver())
            #expect(Self.kind(await prober.probe()) == expected)
            prober.stop()
            _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        }
        await simulator.stop()
    }

    @Test("what only looks odd is a reading", arguments: [HSMFault.slow, .noCRLF, .extraField, .full(.refuse)])
    func oddButRight(fault: HSMFault) async throws {
        let simulator = try await Self.simulator(fault)
        let prober = Prober(hsm: Self.hsm(at: simulator.address), resolver: Resolver())
        for _ in 0..<3 {
            #expect(Self.reading(await prober.probe()) == Reading(available: 50, total: 64))
        }
        prober.stop()
        await simulator.stop()
    }

    @Test("a persistent connection outlives the HSM's last free socket and reports the zero")
    func exhausted() async throws {
        let simulator = try await Self.simulator(.full(.refuse), inUse: 0)
        let prober = Prober(hsm: Self.hsm(at: simulator.address), resolver: Resolver())
        #expect(Self.reading(await prober.probe())?.available == 63)
        try await simulator.change { $0.inUse = 63 }
        #expect(Self.reading(await prober.probe()) == Reading(available: 0, total: 64))
        prober.stop()
        await simulator.stop()
    }

    @Test("a kept connection that the HSM has closed is replaced within the same probe")
    func replaced() async throws {
        let simulator = try await Self.simulator()
        let prober = Prober(hsm: Self.hsm(at: simulator.address), resolver: Resolver())
        #expect(Self.reading(await prober.probe()) != nil)
        try await simulator.change { $0.fault = .refuse }
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        try await simulator.change { $0.fault = .none }
        #expect(Self.reading(await prober.probe()) != nil)
        let facts = await simulator.facts
        #expect(facts.accepted == 2)
        #expect(facts.mostOpen == 1)
        prober.stop()
        await simulator.stop()
    }

    @Test("query ports are asked one by one on one connection")
    func queryPorts() async throws {
        let simulator = try await Self.simulator()
        let prober = Prober(hsm: Self.hsm(at: simulator.address, ports: [9010, 9011]), resolver: Resolver())
        let answers = await prober.probe()
        #expect(answers.map(\.query) == [.port(9010), .port(9011)])
        #expect(await simulator.facts.text == "<1223#9010#>\n<1223#9011#>\n")
        #expect(await simulator.facts.accepted == 1)
        prober.stop()
        await simulator.stop()
    }

    @Test("a rejected command is sent once, and then not again")
    func rejected() async throws {
        let simulator = try await Self.simulator(.error(22))
        let prober = Prober(hsm: Self.hsm(at: simulator.address), resolver: Resolver())
        #expect(Self.kind(await prober.probe()) == .hsmError)
        for _ in 0..<10 {
            #expect(await prober.probe().isEmpty)
        }
        #expect(await simulator.facts.text == "<1223#>\n")
        prober.stop()
        await simulator.stop()
    }

    @Test("a name without an address is a dns failure; one with an address is looked up")
    func names() async throws {
        let simulator = try await Self.simulator()
        var hsm = Self.hsm(at: simulator.address)
        hsm.address.host = "localhost"
        let found = Prober(hsm: hsm, resolver: Resolver())
        #expect(Self.reading(await found.probe()) != nil)
        found.stop()

        hsm.address.host = "no-such-host.invalid"
        let lost = Prober(hsm: hsm, resolver: Resolver())
        #expect(Self.kind(await lost.probe()) == .dns)
        await simulator.stop()
    }

    @Test("a peer whose accept queue is full is a timeout while connecting")
    func timeout() async throws {
        let full = try FullListener()
        let hsm = Self.hsm(at: ListenAddress(host: "127.0.0.1", port: full.port), timeout: Self.brief)
        let prober = Prober(hsm: hsm, resolver: Resolver())
        #expect(Self.kind(await prober.probe()) == .timeout)
        full.close()
    }

    @Test("a probe that is stopped ends without an answer")
    func stopped() async throws {
        let simulator = try await Self.simulator(.hang)
        let prober = Prober(hsm: Self.hsm(at: simulator.address, timeout: Self.ample), resolver: Resolver())
        async let answers = prober.probe()
        _ = try await simulator.facts(within: Self.ample) { $0.requests == 1 }
        prober.stop()
        #expect(await answers.isEmpty)
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        await simulator.stop()
    }

    @Test("a hanging HSM sees one connection at a time, each ended by a reset")
    func hanging() async throws {
        let simulator = try await Self.simulator(.hang)
        let prober = Prober(hsm: Self.hsm(at: simulator.address, timeout: Self.brief), resolver: Resolver())
        for number in 1...2 {
            #expect(Self.kind(await prober.probe()) == .noReply)
            let facts = try await simulator.facts(within: Self.ample) { $0.open == 0 }
            #expect(facts.accepted == number)
            #expect(facts.mostOpen == 1)
        }
        prober.stop()
        await simulator.stop()
    }

    @Test("an address that does not answer leaves time for the next one of the same name")
    func blackHole() async throws {
        let full = try FullListener()
        let simulator = try await Self.simulator()
        let prober = Prober(
            hsm: Self.hsm(at: simulator.address, timeout: Self.brief * 4),
            resolve: { _, _, answer in
                let addresses = [full.port, simulator.address.ports.lowerBound].compactMap {
                    try? SocketAddress(ipAddress: "127.0.0.1", port: $0)
                }
                answer(.addresses(addresses))
            })
        #expect(Self.reading(await prober.probe()) != nil)
        prober.stop()
        full.close()
        await simulator.stop()
    }

    @Test("a prober that was stopped while it resolved does not connect when the answer comes")
    func stoppedWhileResolving() async throws {
        let simulator = try await Self.simulator()
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: simulator.address.ports.lowerBound)
        var late: ((Resolver.Resolution) -> Void)?
        let asked = WakeUp()
        let prober = Prober(
            hsm: Self.hsm(at: simulator.address),
            resolve: { _, _, answer in
                late = answer
                asked.raise()
            })
        async let answers = prober.probe()
        await asked.wait()
        prober.stop()
        #expect(await answers.isEmpty)
        late?(.addresses([address]))

        // The next one to connect is the first the HSM sees.
        let next = Prober(hsm: Self.hsm(at: simulator.address), resolver: Resolver())
        #expect(Self.reading(await next.probe())?.available == 50)
        #expect(await simulator.facts.accepted == 1)
        next.stop()
        await simulator.stop()
    }
}
