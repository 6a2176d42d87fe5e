// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import HSMWatchSimulation

@Suite("HSM simulator: refusing and running full")
struct HSMSimulatorPortTests {
    @Test("refuses new clients, closes the others, and comes back on the same port")
    func refuses() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort)
        let early = try await RawClient.connected(to: hsm.address)
        _ = try await early.reply(to: "<1223#>")
        try await hsm.change { $0.fault = .refuse }
        #expect(try await early.received { $0.end != nil }.end == .closed)
        await expectRefusal(hsm)
        try await hsm.change { $0.fault = .none }
        let late = try await RawClient.connected(to: hsm.address)
        #expect(try await late.reply(to: "<1223#>") == "<2223#63#64#1#>\r\n")
        await hsm.stop()
    }

    @Test("can refuse from the start, on a port that is known all the same")
    func refusesFromTheStart() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: .refuse))
        #expect(hsm.address.ports.lowerBound > 0)
        await expectRefusal(hsm)
        await hsm.stop()
    }

    @Test("refuses while its sockets are used up, answers those that have one, and accepts again when one is free")
    func refusesWhenFull() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 2, fault: .full(.refuse)))
        let first = try await RawClient.connected(to: hsm.address)
        #expect(try await first.reply(to: "<1223#>") == "<2223#1#2#1#>\r\n")
        let second = try await RawClient.connected(to: hsm.address)
        #expect(try await second.reply(to: "<1223#>") == "<2223#0#2#2#>\r\n")
        await expectRefusal(hsm)
        #expect(try await first.reply(to: "<1223#>") == "<2223#0#2#2#>\r\n")
        try await second.close()
        _ = try await hsm.facts(within: limit) { $0.isListening }
        let third = try await RawClient.connected(to: hsm.address)
        #expect(try await third.reply(to: "<1223#>") == "<2223#0#2#2#>\r\n")
        #expect(await hsm.facts.listenFailure == nil)
        await hsm.stop()
    }

    @Test("accepts and closes the clients for whom no socket is left")
    func closesWhenFull() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 1, fault: .full(.close)))
        let first = try await RawClient.connected(to: hsm.address)
        #expect(try await first.reply(to: "<1223#>") == "<2223#0#1#1#>\r\n")
        let second = try await RawClient.connected(to: hsm.address)
        #expect(try await second.received { $0.end != nil } == RawClient.Received(end: .closed))
        #expect(try await first.reply(to: "<1223#>") == "<2223#0#1#1#>\r\n")
        await hsm.stop()
    }

    @Test("leaves the clients for whom no socket is left without a reply, until one is free")
    func hangsWhenFull() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 1, fault: .full(.hang)))
        let first = try await RawClient.connected(to: hsm.address)
        _ = try await first.reply(to: "<1223#>")
        let second = try await RawClient.connected(to: hsm.address)
        try await second.send("<00#early#>")
        _ = try await hsm.facts(within: limit) { $0.requests == 2 }
        #expect(try await first.reply(to: "<1223#>") == "<2223#0#1#1#>\r\n")
        try await first.close()
        _ = try await hsm.facts(within: limit) { $0.open == 1 }
        #expect(try await second.reply(to: "<00#late#>") == "<00#000080#late#>\r\n")
        await hsm.stop()
    }

    @Test("is full when others are said to use all sockets")
    func isFullByOthers() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 64, fault: .full(.refuse)))
        try await hsm.change { $0.inUse = 64 }
        await expectRefusal(hsm)
        try await hsm.change { $0.inUse = 63 }
        let client = try await RawClient.connected(to: hsm.address)
        #expect(try await client.reply(to: "<1223#>") == "<2223#0#64#64#>\r\n")
        await hsm.stop()
    }

    @Test("cannot have a port on which another listens, and says so")
    func needsItsPort() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort)
        let failure = await #expect(throws: ListenFailure.self) { try await HSMSimulator.start(on: hsm.address) }
        #expect(failure?.description == "cannot listen on \(hsm.address): Address already in use")
        await hsm.stop()
    }

    @Test("listens on IPv6 too")
    func listensOnIPv6() async throws {
        let hsm = try await HSMSimulator.start(on: ListenAddress(host: "::1", port: 0))
        let client = try await RawClient.connected(to: hsm.address)
        #expect(try await client.reply(to: "<1223#>") == "<2223#63#64#1#>\r\n")
        #expect(hsm.address.description.hasPrefix("[::1]:"))
        await hsm.stop()
    }

    private func expectRefusal(_ hsm: HSMSimulator, _ location: SourceLocation = #_sourceLocation) async {
        let error = await #expect(throws: NIOConnectionError.self, sourceLocation: location) {
            try await RawClient.connected(to: hsm.address)
        }
        let causes = error?.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
        #expect(causes == [ECONNREFUSED], sourceLocation: location)
    }
}
