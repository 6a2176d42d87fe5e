// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output, over loopback", .timeLimit(.minutes(1)))
struct OutputTests {
    /// The length of a text that makes some hundred messages more than the kernels of both sides hold.
    private static let long = 4000

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("delivers in order, each message once, those that waited and those that come")
    func inOrder() async throws {
        let receiver = try await Receiver.started()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1500)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            let before = try await receiver.take(1...1500)
            delivery.append(1501...1600)
            let after = try await receiver.take(1501...1600)
            #expect((before + after).sequences == Array(1...1600))
            try await delivery.delivered()
            #expect(delivery.spool.waiting == 0)
        }
        let facts = await receiver.facts
        #expect(facts.dropped == 0)
        #expect(!delivery.notes.has("Output"))
        await receiver.shutDown()
    }

    @Test("each message ends with its NUL in the same write, and no frame is empty")
    func frames() async throws {
        let (peer, address) = try await Peer.start(.reads)
        let delivery = OutputStage(in: folder, outputs: "a")
        try await running(delivery.spool, delivery.output(to: address)) {
            for number in 1...10 {
                delivery.append(number...number)
                _ = try await peer.facts { $0.bytes.count { $0 == 0 } == number }
            }
        }
        let facts = try await peer.facts { $0.open == 0 }
        #expect(facts.chunks.allSatisfy { $0.last == 0 })
        let frames = facts.bytes.split(separator: 0, omittingEmptySubsequences: false)
        #expect(frames.count == 11)
        #expect(frames.last?.isEmpty == true)
        #expect(frames.dropLast().allSatisfy { $0.first == UInt8(ascii: "{") && $0.last == UInt8(ascii: "}") })
        try await peer.stop()
    }

    @Test("a receiver that stops and comes back at the same port has everything; one output_down, one output_up")
    func restart() async throws {
        let receiver = try await Receiver.started()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...100)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            _ = try await receiver.take(1...100)
            try await delivery.delivered()
            try await receiver.stop()
            // Noticed although nothing is written.
            try await delivery.noted("Output a cannot deliver to \(receiver.hostPort): the peer closed the connection")
            delivery.append(102...150)
            try await receiver.start()
            let after = try await receiver.take(101...150)
            #expect(after.sequences == Array(101...150))
            #expect(after.first?.string("action") == "output_down")
            try await delivery.noted("Output a delivers again to \(receiver.hostPort)")
            let up = try await receiver.take(151...151)
            #expect(up.actions == ["output_up"])
            #expect(up.first?.integer("waiting") == 50)
            #expect(up.first?.integer("resent") == 0)
            #expect(up.first?.integer("outage_seconds") != nil)
            // A restart of Graylog is no problem to look into.
            #expect([after.first, up.first].map { $0?.integer("level") } == [5, 5])
        }
        #expect(delivery.notes.count("Output a cannot") == 1)
        await receiver.shutDown()
    }

    @Test("what was not read when the connection ended is sent again with the same _instance and _sequence")
    func resent() async throws {
        let receiver = try await Receiver.started()
        let delivery = OutputStage(in: folder, outputs: "a")
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            delivery.append(1...5)
            try await delivery.delivered()
            await receiver.pauseReading()
            // Its kernel takes and acknowledges them all; nobody reads them.
            delivery.append(6...20)
            _ = try await delivery.spool.next(after: 19)
            try await receiver.stop()
            try await delivery.noted("Output a cannot deliver")
            #expect(delivery.spool.cursor(of: "a") == 5)
            await receiver.resumeReading()
            try await receiver.start()
            let taken = try await receiver.take(1...22)
            #expect(taken.sequences == Array(1...22))
            #expect(Set(taken.map { $0.string("instance") }).count == 1)
            try await delivery.delivered()
        }
        await receiver.shutDown()
    }

    @Test("without confirmation one connection serves, and what the kernel has acknowledged counts as delivered")
    func unconfirmed() async throws {
        let receiver = try await Receiver.started()
        await receiver.pauseReading()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...5)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort, confirm: nil)) {
            // What its kernel takes has arrived, though it is not read.
            try await delivery.delivered()
            delivery.append(6...200, length: Self.long)
            // The output is told first: by now it has written what it can.
            _ = try await delivery.spool.next(after: 199)
            try await receiver.stop()
            try await delivery.noted("Output a cannot deliver")
            let confirmed = Int(delivery.spool.cursor(of: "a"))
            #expect(confirmed < 200)
            await receiver.resumeReading()
            try await receiver.start()
            let taken = try await receiver.take((confirmed + 1)...202)
            #expect(taken.sequences == Array((confirmed + 1)...202))
        }
        #expect(await receiver.facts.accepted == 2)
        await receiver.shutDown()
    }

    @Test("an endpoint that refuses is left for the next at once, and that for the first when it ends")
    func failover() async throws {
        let first = try await Receiver.started()
        let second = try await Receiver.started()
        try await first.stop()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...10)
        try await running(delivery.spool, delivery.output(to: first.hostPort, second.hostPort)) {
            let taken = try await second.take(1...12)
            #expect(taken.sequences == Array(1...12))
            #expect(taken.actions == ["output_down", "output_up"])
            #expect(taken.first { $0.string("action") == "output_down" }?.string("reason") == "connection refused")
            try await delivery.delivered()
            try await first.start()
            try await second.stop()
            let after = try await first.take(13...14)
            #expect(after.actions == ["output_down", "output_up"])
        }
        await first.shutDown()
        await second.shutDown()
    }

    @Test("an output whose Graylog does not read delays no other; it has everything when it reads again")
    func stalled() async throws {
        let slow = try await Receiver.started()
        let quick = try await Receiver.started()
        await slow.pauseReading()
        let delivery = OutputStage(in: folder, outputs: "slow", "quick")
        delivery.append(1...600, length: Self.long)
        try await running(
            delivery.spool, delivery.output("slow", to: slow.hostPort), delivery.output("quick", to: quick.hostPort)
        ) {
            let taken = try await quick.take(1...600)
            #expect(taken.sequences.sorted() == Array(1...600))
            try await delivery.delivered("quick")
            #expect(delivery.spool.cursor(of: "slow") < 600)
            #expect(delivery.spool.waiting(for: "slow") > 0)
            await slow.resumeReading()
            let late = try await slow.take(1...600)
            // Two connections are read side by side: the old one, and the successor that got what came later.
            #expect(late.sequences.sorted() == Array(1...600))
            try await delivery.delivered("slow")
            #expect(delivery.spool.waiting == 0)
        }
        #expect(!delivery.notes.has("Output"))
        await slow.shutDown()
        await quick.shutDown()
    }

    @Test("an output that is down delays no other, and keeps its messages for the next process")
    func oneDead() async throws {
        let receiver = try await Receiver.started()
        let dead = try await Receiver.started()
        try await dead.stop()
        let first = OutputStage(in: folder, outputs: "dead", "alive")
        first.append(1...200)
        try await running(
            first.spool, first.output("dead", to: dead.hostPort, drainTimeout: .zero),
            first.output("alive", to: receiver.hostPort)
        ) {
            let taken = try await receiver.take(1...201)
            #expect(taken.sequences == Array(1...201))
            #expect(taken.actions == ["output_down"])
            #expect(first.spool.waiting(for: "dead") == 201)
        }
        try await dead.start()
        let second = OutputStage(in: folder, outputs: "dead", "alive")
        #expect(second.spool.waiting == 201)
        try await running(second.spool, second.output("dead", to: dead.hostPort)) {
            let late = try await dead.take(1...201)
            #expect(late.sequences == Array(1...201))
        }
        await receiver.shutDown()
        await dead.shutDown()
    }
}
