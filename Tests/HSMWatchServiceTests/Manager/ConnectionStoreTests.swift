// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import HSMWatchSimulation
import Testing

/// Connections that outlive a process, over loopback: the next process is another prober with what the store hands over.
@ServiceLoop
@Suite("Kept connections, over loopback")
struct ConnectionStoreTests {
    /// Long enough for every event, however busy the machine.
    private static let ample = Duration.seconds(60)
    /// Long enough for a reply on a busy machine; a connection that was taken up settles for as long.
    private static let timeout = Duration.seconds(1)
    private static let oneReading = [Reading(available: 50, total: 64)]

    private static func simulator(inUse: Int = 13, _ fault: HSMFault = .none) async throws -> HSMSimulator {
        try await HSMSimulator.start(
            on: ListenAddress(host: "127.0.0.1", port: 0),
            behaviour: HSMBehaviour(total: 64, inUse: inUse, fault: fault))
    }

    private static func hsm(
        at simulator: HSMSimulator, host: String = "127.0.0.1", _ mode: ConnectionMode = .persistent,
        timeout: Duration = timeout
    ) -> HSMConfiguration {
        HSMConfiguration(
            name: "khi-1", address: HostPort(host: host, port: UInt16(simulator.address.ports.lowerBound)),
            timeout: timeout, connection: mode)
    }

    private static func store(_ systemd: PretendedStore) -> ConnectionStore {
        ConnectionStore(inherited: systemd.handedOver(), tell: systemd.hand)
    }

    private static func readings(_ answers: [ProbeConversation.Answer]) -> [Reading?] {
        answers.map { if case .reading(let reading, _) = $0.observation.outcome { reading } else { nil } }
    }

    @Test("what has answered is kept once; the next process goes on with it, and the HSM sees one connection")
    func takenUp() async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore()
        for process in 0..<3 {
            let store = Self.store(systemd)
            let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: store)
            let found = store.endRest()
            #expect(found.takenUp == (process == 0 ? 0 : 1) && found.ended == 0)
            for _ in 0..<3 {
                #expect(Self.readings(await prober.probe()) == Self.oneReading)
            }
            await systemd.heard(1)
            prober.leave()
        }
        #expect(systemd.orders == ["FDSTORE=1"])
        let facts = await simulator.facts
        #expect(facts.accepted == 1)
        #expect(facts.open == 1)
        #expect(facts.text == String(repeating: "<1223#>\n", count: 9))
        systemd.close()
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        await simulator.stop()
    }

    @Test("a full HSM that refuses everybody goes on telling the next process that it is full")
    func full() async throws {
        let simulator = try await Self.simulator(inUse: 63, .full(.refuse))
        let systemd = PretendedStore()
        for _ in 0..<2 {
            let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: Self.store(systemd))
            #expect(Self.readings(await prober.probe()) == [Reading(available: 0, total: 64)])
            await systemd.heard(1)
            prober.leave()
        }
        #expect(await simulator.facts.accepted == 1)
        systemd.close()
        await simulator.stop()
    }

    @Test("what is ended is ended on the HSM at once, though systemd still has it", arguments: [true, false])
    func ended(isStopped: Bool) async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore(isDeaf: true)
        let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: Self.store(systemd))
        #expect(Self.readings(await prober.probe()) == Self.oneReading)
        await systemd.heard(1)
        if isStopped {
            prober.stop()
        } else {
            // A question is open at the end of the process, and no reply comes.
            try await simulator.change { $0.fault = .hang }
            async let answers = prober.probe()
            _ = try await simulator.facts(within: Self.ample) { $0.requests == 2 }
            prober.leave()
            #expect(Self.readings(await answers) != Self.oneReading)
        }
        #expect(try await simulator.facts(within: Self.ample) { $0.open == 0 }.accepted == 1)
        await systemd.heard(2)
        #expect(systemd.orders == ["FDSTORE=1", "FDSTOREREMOVE=1"])
        systemd.close()
        await simulator.stop()
    }

    @Test("a question that is open at the end of the process gets its reply, and the connection stays")
    func openQuestion() async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore(isDeaf: true)
        let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: Self.store(systemd))
        #expect(Self.readings(await prober.probe()) == Self.oneReading)
        await systemd.heard(1)
        try await simulator.change { $0.fault = .slow }
        async let answers = prober.probe()
        _ = try await simulator.facts(within: Self.ample) { $0.requests == 2 }
        prober.leave()
        #expect(Self.readings(await answers) == Self.oneReading)
        #expect(await simulator.facts.open == 1)
        #expect(systemd.orders == ["FDSTORE=1"])
        systemd.close()
        await simulator.stop()
    }

    @Test("an HSM that hangs gets a reset though systemd still has the connection, and never two at once")
    func reset() async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore(isDeaf: true)
        let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: Self.store(systemd))
        for number in 1...2 {
            try await simulator.change { $0.fault = .none }
            #expect(Self.readings(await prober.probe()) == Self.oneReading)
            await systemd.heard(2 * number - 1)
            try await simulator.change { $0.fault = .hang }
            #expect(Self.readings(await prober.probe()) == [nil])
            let facts = try await simulator.facts(within: Self.ample) { $0.open == 0 }
            #expect(facts.accepted == number)
            #expect(facts.mostOpen == 1)
        }
        await systemd.heard(4)
        #expect(systemd.orders == ["FDSTORE=1", "FDSTOREREMOVE=1", "FDSTORE=1", "FDSTOREREMOVE=1"])
        prober.stop()
        systemd.close()
        await simulator.stop()
    }

    @Test("when the HSM closes, this end is closed at once too, though systemd has it, and a successor takes its place")
    func closedByHSM() async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore(isDeaf: true)
        let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: Self.store(systemd))
        #expect(Self.readings(await prober.probe()) == Self.oneReading)
        await systemd.heard(1)
        #expect(systemd.writable == 1)
        try await simulator.change { $0.fault = .refuse }
        await systemd.heard(2)
        #expect(systemd.count == 1)
        #expect(systemd.writable == 0)
        try await simulator.change { $0.fault = .none }
        #expect(Self.readings(await prober.probe()) == Self.oneReading)
        await systemd.heard(3)
        #expect(systemd.orders == ["FDSTORE=1", "FDSTOREREMOVE=1", "FDSTORE=1"])
        #expect(await simulator.facts.mostOpen == 1)
        prober.stop()
        systemd.close()
        await simulator.stop()
    }

    @Test("per-probe keeps nothing")
    func perProbe() async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore()
        let prober = Prober(
            hsm: Self.hsm(at: simulator, .perProbe), resolver: Resolver(), store: Self.store(systemd))
        #expect(Self.readings(await prober.probe()) == Self.oneReading)
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        #expect(systemd.orders.isEmpty)
        prober.stop()
        await simulator.stop()
    }

    @Test("one late reply to a killed process is discarded; two end the connection", arguments: 1...2)
    func lateReply(replies: Int) async throws {
        let simulator = try await Self.simulator()
        let systemd = PretendedStore()
        let killed = try PlainSocket(to: simulator.address)
        systemd.put(killed.descriptor, as: ConnectionName(hsm: Self.hsm(at: simulator)).text)
        for _ in 0..<replies { killed.ask() }
        killed.close()
        _ = try await simulator.facts(within: Self.ample) { $0.requests == replies }
        try await simulator.change { $0.inUse = 12 }
        let prober = Prober(hsm: Self.hsm(at: simulator), resolver: Resolver(), store: Self.store(systemd))
        #expect(Self.readings(await prober.probe()) == [Reading(available: 51, total: 64)])
        let facts = await simulator.facts
        #expect(facts.accepted == replies)
        #expect(facts.mostOpen == 1)
        await systemd.heard(2 * (replies - 1))
        #expect(systemd.orders == (replies == 1 ? [] : ["FDSTOREREMOVE=1", "FDSTORE=1"]))
        prober.stop()
        systemd.close()
        await simulator.stop()
    }
}
