// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import HSMWatchService
import HSMWatchSimulation
import Testing

/// What a process finds in the store, and does not go on with.
@ServiceLoop
@Suite("Stale and foreign descriptors")
struct StaleConnectionTests {
    private static let ample = Duration.seconds(60)

    /// Why the connection is of no use.
    enum Reason: CaseIterable {
        case gone, renamed, otherHost, otherPort, perProbe, owed, closed
    }

    private static func hsm(at simulator: HSMSimulator) -> HSMConfiguration {
        HSMConfiguration(
            name: "khi-1",
            address: HostPort(host: "127.0.0.1", port: UInt16(simulator.address.ports.lowerBound)),
            timeout: .seconds(1))
    }

    @Test("a connection of no use is ended on the HSM and forgotten", arguments: Reason.allCases)
    func stale(reason: Reason) async throws {
        let simulator = try await HSMSimulator.start(on: ListenAddress(host: "127.0.0.1", port: 0))
        var hsm = Self.hsm(at: simulator)
        let systemd = PretendedStore()
        let killed = try PlainSocket(to: simulator.address)
        var name = ConnectionName(hsm: hsm).text
        _ = try await simulator.facts(within: Self.ample) { $0.open == 1 }
        switch reason {
        case .gone: break
        case .renamed: hsm.name = "khi-2"
        case .perProbe: hsm.connection = .perProbe
        case .closed: try await simulator.change { $0.fault = .refuse }
        // Under the name that the new address has, as if two names were the same by chance.
        case .otherHost:
            hsm.address.host = "127.0.0.2"
            name = ConnectionName(hsm: hsm).text
        case .otherPort:
            hsm.address.port = 1
            name = ConnectionName(hsm: hsm).text
        case .owed:
            try await simulator.change { $0.fault = .hang }
            killed.askVisibly()
        }
        systemd.put(killed.descriptor, as: name)
        killed.close()

        let store = ConnectionStore(inherited: systemd.handedOver(), tell: systemd.hand)
        let prober = reason == .gone ? nil : Prober(hsm: hsm, resolver: Resolver(), store: store)
        let found = store.endRest()
        #expect(found.takenUp == 0 && found.ended == 1)
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        await systemd.heard(1)
        #expect(systemd.orders == ["FDSTOREREMOVE=1"])
        #expect(systemd.count == 0)
        prober?.stop()
        await simulator.stop()
    }

    @Test("of two connections to one HSM one is ended, and one goes on and is kept")
    func twice() async throws {
        let simulator = try await HSMSimulator.start(on: ListenAddress(host: "127.0.0.1", port: 0))
        let hsm = Self.hsm(at: simulator)
        let systemd = PretendedStore()
        for _ in 0..<2 {
            let killed = try PlainSocket(to: simulator.address)
            systemd.put(killed.descriptor, as: ConnectionName(hsm: hsm).text)
            killed.close()
        }
        _ = try await simulator.facts(within: Self.ample) { $0.open == 2 }
        let store = ConnectionStore(inherited: systemd.handedOver(), tell: systemd.hand)
        let prober = Prober(hsm: hsm, resolver: Resolver(), store: store)
        let found = store.endRest()
        #expect(found.takenUp == 1 && found.ended == 1)
        _ = try await simulator.facts(within: Self.ample) { $0.open == 1 }
        await systemd.heard(2)
        #expect(systemd.orders == ["FDSTOREREMOVE=1", "FDSTORE=1"])
        #expect(systemd.count == 1)
        #expect(await prober.probe().count == 1)
        #expect(await simulator.facts.accepted == 2)
        prober.stop()
        systemd.close()
        await simulator.stop()
    }

    @Test("what is no connection is closed and forgotten, and a listening socket goes on elsewhere")
    func foreign() async throws {
        let simulator = try await HSMSimulator.start(on: ListenAddress(host: "127.0.0.1", port: 0))
        let hsm = Self.hsm(at: simulator)
        let systemd = PretendedStore()
        let listening = try PlainSocket()
        systemd.put(listening.descriptor, as: "hsmwatch.socket")
        systemd.put(STDERR_FILENO, as: ConnectionName(hsm: hsm).text)
        let store = ConnectionStore(inherited: systemd.handedOver(), tell: systemd.hand)
        let prober = Prober(hsm: hsm, resolver: Resolver(), store: store)
        let found = store.endRest()
        #expect(found.takenUp == 0 && found.ended == 2)
        await systemd.heard(2)
        #expect(systemd.count == 0)
        var isListening: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        #expect(getsockopt(listening.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0)
        #expect(isListening == 1)
        listening.close()
        prober.stop()
        await simulator.stop()
    }
}
