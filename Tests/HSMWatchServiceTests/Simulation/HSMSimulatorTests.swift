// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestSupport
import Testing

@testable import HSMWatchSimulation

@Suite("HSM simulator")
struct HSMSimulatorTests {
    @Test(
        "answers the two frames, echoes a test message, and calls everything else an unknown command",
        arguments: [
            ("<1223#>", "<2223#59#64#5#>\r\n"),
            ("<1223#9010#>\n", "<2223#59#64#5#>\r\n"),
            ("\r\n<1223#65535#>\r\n", "<2223#59#64#5#>\r\n"),
            ("<1223#^7#>", "<2223#59#64#5#^7#>\r\n"),
            ("<00#Hello#>", "<00#000080#Hello#>\r\n"),
            ("<00#This is a test.#^0001#>", "<00#000080#This is a test.#^0001#>\r\n"),
            ("<1223>", "<00#220080#>\r\n"),
            ("<1223##>", "<00#220080#>\r\n"),
            ("<1223#0#>", "<00#220080#>\r\n"),
            ("<1223#09010#>", "<00#220080#>\r\n"),
            ("<1223#65536#>", "<00#220080#>\r\n"),
            ("<1223#9010#9011#>", "<00#220080#>\r\n"),
            ("<1227#RESET_TO_FACTORY_STATE#>", "<00#220080#>\r\n"),
            ("<>", "<00#220080#>\r\n"),
            ("<12<1223#>", "<2223#59#64#5#>\r\n"),
        ])
    func answers(request: String, reply: String) async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 64, inUse: 4))
        let client = try await RawClient.connected(to: hsm.address)
        #expect(try await client.reply(to: request) == reply)
        await hsm.stop()
    }

    @Test("loses one available socket to each client, and gets it back when that client leaves")
    func countsConnections() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 3))
        var clients: [RawClient] = []
        for available in [2, 1, 0, 0] {
            let client = try await RawClient.connected(to: hsm.address)
            #expect(try await client.reply(to: "<1223#>") == "<2223#\(available)#3#\(3 - available)#>\r\n")
            clients.append(client)
        }
        for client in clients.dropFirst() { try await client.close() }
        let facts = try await hsm.facts(within: limit) { $0.open == 1 }
        #expect(try await clients[0].reply(to: "<1223#>") == "<2223#2#3#1#>\r\n")
        #expect((facts.accepted, facts.mostOpen, facts.requests) == (4, 4, 4))
        await hsm.stop()
    }

    @Test("keeps every byte it was sent, in order, up to its limit, and counts them all")
    func keepsBytes() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort)
        let client = try await RawClient.connected(to: hsm.address)
        _ = try await client.reply(to: "<1223#>\n")
        try await client.send("x<1223#9010#>")
        let facts = try await hsm.facts(within: limit) { $0.requests == 2 }
        #expect(facts.text == "<1223#>\nx<1223#9010#>")
        #expect(facts.byteCount == 21)
        try await client.send(Array(repeating: 0, count: HSMFacts.byteLimit))
        let full = try await hsm.facts(within: limit) { $0.byteCount == 21 + HSMFacts.byteLimit }
        #expect(full.bytes.count == HSMFacts.byteLimit)
        await hsm.stop()
    }

    @Test(
        "misbehaves in the way it was told, and recovers",
        arguments: [
            (HSMFault.garbage, HSMAnswer.garbage),
            (.error(22), Array("<00#220080#>\r\n".utf8)),
            (.error(5), Array("<00#050080#>\r\n".utf8)),
            (.noCRLF, Array("<2223#63#64#1#>".utf8)),
            (.extraField, Array("<2223#63#64#1#MFK1#>\r\n".utf8)),
            (.full(.hang), Array("<2223#63#64#1#>\r\n".utf8)),
            (.double, Array("<2223#63#64#1#>\r\n<2223#63#64#1#>\r\n".utf8)),
            (.huge, Array("<2223#".utf8) + Array(repeating: UInt8(ascii: "9"), count: HSMAnswer.hugeLength - 6)),
        ])
    func misbehaves(fault: HSMFault, reply: [UInt8]) async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: fault))
        let client = try await RawClient.connected(to: hsm.address)
        try await client.send("<1223#>")
        let received = try await client.received { $0.bytes.count >= reply.count }
        #expect(received == RawClient.Received(bytes: reply))
        try await hsm.change { $0.fault = .none }
        #expect(try await client.reply(to: "<1223#>") == "<2223#63#64#1#>\r\n")
        await hsm.stop()
    }

    @Test("replies to nothing that came while it hung, but to what comes later")
    func hangs() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: .hang))
        let client = try await RawClient.connected(to: hsm.address)
        try await client.send("<1223#>")
        _ = try await hsm.facts(within: limit) { $0.requests == 1 }
        try await hsm.change { $0.fault = .none }
        #expect(try await client.reply(to: "<1223#>") == "<2223#63#64#1#>\r\n")
        await hsm.stop()
    }

    @Test("closes a new client at once, and one that is already connected at its next request")
    func closes() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort)
        let early = try await RawClient.connected(to: hsm.address)
        _ = try await early.reply(to: "<1223#>")
        try await hsm.change { $0.fault = .close }
        let late = try await RawClient.connected(to: hsm.address)
        #expect(try await late.received { $0.end != nil } == RawClient.Received(end: .closed))
        try await early.send("<1223#>")
        #expect(try await early.received { $0.end != nil }.end == .closed)
        await hsm.stop()
    }

    @Test("resets the connection when a request comes")
    func resets() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: .reset))
        let client = try await RawClient.connected(to: hsm.address)
        try await client.send("<1223#>")
        #expect(try await client.received { $0.end != nil } == RawClient.Received(end: .reset))
        await hsm.stop()
    }

    @Test("sends a reply to a new client before it asks, and another one to its request")
    func isEarly() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: .early))
        let client = try await RawClient.connected(to: hsm.address)
        let reply = "<2223#63#64#1#>\r\n"
        let received = try await client.received { $0.bytes.count >= reply.utf8.count }
        #expect(received == RawClient.Received(bytes: Array(reply.utf8)))
        #expect(await hsm.facts.requests == 0)
        try await client.send("<1223#>")
        #expect(
            try await client.received { $0.bytes.count >= 2 * reply.utf8.count }.bytes.count == 2 * reply.utf8.count)
        await hsm.stop()
    }

    @Test("sends half of a reply, then closes")
    func truncates() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: .truncated))
        let client = try await RawClient.connected(to: hsm.address)
        try await client.send("<1223#>")
        let received = try await client.received { $0.end != nil }
        #expect(received == RawClient.Received(bytes: Array("<2223#63".utf8), end: .closed))
        await hsm.stop()
    }

    @Test("sends a slow reply byte by byte, and closes a client that asks faster than it can ever reply")
    func isSlow() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(fault: .slow))
        let start = ContinuousClock.now
        let client = try await RawClient.connected(to: hsm.address)
        let reply = "<2223#63#64#1#>\r\n"
        #expect(try await client.reply(to: "<1223#>") == reply)
        #expect(ContinuousClock.now - start >= HSMBehaviour().slowPause * reply.utf8.count)
        let requests = SimulatedConnection.slowLimit / reply.utf8.count + 1
        try await client.send(String(repeating: "<1223#>", count: requests))
        #expect(try await client.received { $0.end != nil }.end != nil)
        await hsm.stop()
    }

    @Test("fits in one process a thousand times")
    func fitsManyTimes() async throws {
        var hsms: [HSMSimulator] = []
        for inUse in 0..<1000 {
            hsms.append(try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 2000, inUse: inUse)))
        }
        for (inUse, hsm) in hsms.enumerated() {
            let client = try await RawClient.connected(to: hsm.address)
            #expect(try await client.reply(to: "<1223#>") == "<2223#\(1999 - inUse)#2000#\(inUse + 1)#>\r\n")
            try await client.close()
        }
        for hsm in hsms { await hsm.stop() }
    }

    @Test("says what it saw when something awaited does not happen in time")
    func keepsDeadline() async throws {
        let hsm = try await HSMSimulator.start(on: anyPort)
        let error = await #expect(throws: DeadlinePassed.self) {
            try await hsm.facts(within: .milliseconds(10)) { $0.requests > 0 }
        }
        #expect(error?.description.contains("requests: 0") == true)
        await hsm.stop()
    }

    @Test("reports each client that comes and goes")
    func reportsClients() async throws {
        let (changes, continuation) = AsyncStream.makeStream(of: HSMSimulator.ConnectionChange.self)
        let hsm = try await HSMSimulator.start(on: anyPort) { continuation.yield($0) }
        let client = try await RawClient.connected(to: hsm.address)
        try await client.close()
        var iterator = changes.makeAsyncIterator()
        let come = try #require(await iterator.next())
        let gone = try #require(await iterator.next())
        #expect((come.isConnected, come.open, come.available, come.hsm) == (true, 1, 63, hsm.address))
        #expect((gone.isConnected, gone.open, gone.available) == (false, 0, 64))
        #expect(come.client.hasPrefix("127.0.0.1:"))
        await hsm.stop()
    }
}
