// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import HSMWatchSimulation

@Suite("Receiver")
struct ReceiverTests {
    private func frame(_ text: String) -> String {
        #"{"host":"h","short_message":"\#(text)","timestamp":1}"#
    }

    private func texts(_ messages: [ReceivedMessage]) -> [String?] {
        messages.map { $0.stored?.string("message") }
    }

    @Test("hands out in order what Graylog would store and what it would drop, and never answers")
    func handsOut() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("a") + "\0junk\0" + frame("b") + "\0")
        let messages = try await receiver.take(3, within: limit)
        #expect(texts(messages) == ["a", nil, "b"])
        #expect(messages[1].dropReason == "invalid JSON: no value begins at byte 0")
        let facts = await receiver.facts
        #expect((facts.accepted, facts.stored, facts.dropped, facts.waiting) == (1, 2, 1, 0))
        await receiver.shutDown()
        #expect(try await sender.received { $0.end != nil } == RawClient.Received(end: .closed))
    }

    @Test("takes the last frame without NUL when the sender ends, then closes")
    func takesTail() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("a") + "\0" + frame("tail"))
        try await sender.halfClose()
        #expect(texts(try await receiver.take(2, within: limit)) == ["a", "tail"])
        #expect(try await sender.received { $0.end != nil } == RawClient.Received(end: .closed))
        let cut = try await RawClient.connected(to: receiver.address)
        try await cut.send(#"{"host":"h","short_mess"#)
        try await cut.close()
        let reason = try await receiver.take(1, within: limit)[0].dropReason
        #expect(reason == "invalid JSON: a string does not end at byte 23")
        await receiver.shutDown()
    }

    @Test("closes the connection at a frame of no byte, one byte or too many, and takes nothing after it")
    func closesAtViolations() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let tooLong = String(repeating: "a", count: DelimitedFrames.maximumLength + 1)
        for (bad, reason) in [
            ("", "a frame of 0 bytes"), ("x", "a frame of 1 byte"), (tooLong, "a frame of more than 2097152 bytes"),
        ] {
            let sender = try await RawClient.connected(to: receiver.address)
            await sender.startSending(Array((frame("good") + "\0" + bad + "\0" + frame("lost") + "\0").utf8))
            let messages = try await receiver.take(2, within: limit)
            #expect(texts(messages) == ["good", nil])
            #expect(messages[1].dropReason == reason + ": Graylog closes the connection")
            #expect(try await sender.received { $0.end != nil }.bytes == [])
        }
        let facts = try await receiver.facts(within: limit) { $0.open == 0 }
        #expect((facts.stored, facts.dropped, facts.waiting) == (3, 3, 0))
        await receiver.shutDown()
    }

    @Test("takes a sender's address as the source of a message without host")
    func usesSenderAddress() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send("{\"short_message\":\"m\"}\0")
        #expect(try await receiver.take(1, within: limit)[0].stored?.string("source") == "127.0.0.1")
        await receiver.shutDown()
    }

    @Test("remembers field types across connections")
    func remembersTypes() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        for value in ["1", "2.5"] {
            let sender = try await RawClient.connected(to: receiver.address)
            try await sender.send(#"{"host":"h","short_message":"m","timestamp":1,"_f":\#(value)}"# + "\0")
            try await sender.close()
            _ = try await receiver.facts(within: limit) { $0.open == 0 && $0.waiting > 0 }
        }
        let warnings = try await receiver.take(2, within: limit).map { $0.stored?.warnings }
        #expect(warnings == [[], ["f came as a decimal, but is an integer in the index"]])
        await receiver.shutDown()
    }

    @Test("stops reading from present and future senders when paused, and loses nothing")
    func pauses() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let early = try await RawClient.connected(to: receiver.address)
        _ = try await receiver.facts(within: limit) { $0.open == 1 }
        await receiver.pauseReading()
        let late = try await RawClient.connected(to: receiver.address)
        _ = try await receiver.facts(within: limit) { $0.open == 2 }
        try await early.send(frame("early") + "\0")
        try await late.send(frame("late"))
        try await late.halfClose()
        // The end of a sender that reached us proves that its bytes did, too.
        _ = try await receiver.facts(within: limit) { $0.byteCount >= frame("late").utf8.count }
        #expect(await receiver.facts.waiting == 0)
        await receiver.resumeReading()
        #expect(Set(texts(try await receiver.take(2, within: limit))) == ["early", "late"])
        #expect(try await late.received { $0.end != nil }.end == .closed)
        await receiver.shutDown()
    }

    @Test("keeps what it has read of a sender that is gone before it is taken")
    func keepsOfGone() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        await receiver.pauseReading()
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("last") + "\0")
        try await sender.halfClose()
        _ = try await receiver.facts(within: limit) { $0.byteCount > 0 }
        await sender.reset()
        #expect(try await receiver.facts(within: limit) { $0.open == 0 }.stored == 0)
        await receiver.resumeReading()
        #expect(texts(try await receiver.take(1, within: limit)) == ["last"])
        await receiver.shutDown()
    }

    @Test("loses what it has not read when it stops, resets its senders, and starts again on the same port")
    func stopsAndStarts() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("read") + "\0")
        _ = try await receiver.facts(within: limit) { $0.stored == 1 }
        await receiver.pauseReading()
        try await sender.send(frame("unread") + "\0")
        try await receiver.stop()
        #expect(try await sender.received { $0.end != nil }.end == .reset)
        let error = await #expect(throws: NIOConnectionError.self) {
            _ = try await RawClient.connected(to: receiver.address)
        }
        #expect(error?.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode } == [ECONNREFUSED])
        await receiver.resumeReading()
        try await receiver.start()
        let second = try await RawClient.connected(to: receiver.address)
        try await second.send(frame("again") + "\0")
        #expect(texts(try await receiver.take(2, within: limit)) == ["read", "again"])
        await receiver.shutDown()
    }

    @Test("resets at a stop a sender whose last bytes were never decoded, although they were read")
    func losesHeldBytes() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        await receiver.pauseReading()
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("held") + "\0")
        try await sender.halfClose()
        _ = try await receiver.facts(within: limit) { $0.byteCount > 0 }
        try await receiver.stop()
        #expect(try await sender.received { $0.end != nil }.end == .reset)
        #expect(await receiver.facts.stored == 0)
        await receiver.shutDown()
    }

    @Test("stops reading while its messages are not taken, and goes on afterwards")
    func boundsWhatWaits() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let sender = try await RawClient.connected(to: receiver.address)
        let big = Array(repeating: UInt8(ascii: "x"), count: DelimitedFrames.maximumLength) + [0]
        let enough = Receiver.waitingLimit / DelimitedFrames.maximumLength
        let count = enough + 16
        for _ in 0..<count { await sender.startSending(big) }
        _ = try await receiver.facts(within: limit) { $0.waiting >= enough }
        let other = try await RawClient.connected(to: receiver.address)
        #expect(try await receiver.facts(within: limit) { $0.open == 2 }.dropped < count)
        try await other.close()
        #expect(try await receiver.take(enough, within: limit).count == enough)
        _ = try await receiver.facts(within: limit) { $0.dropped == count }
        await receiver.shutDown()
    }

    @Test("with a limit of 1, answers a sender's end only when everything that was read is taken")
    func endsWhenAllIsTaken() async throws {
        let receiver = try await Receiver.start(on: anyPort, waitingLimit: 1)
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("one") + "\0" + frame("two") + "\0")
        _ = try await receiver.facts(within: limit) { $0.waiting == 2 }
        try await sender.halfClose()
        // The end is on the loop before the next connection is.
        let other = try await RawClient.connected(to: receiver.address)
        #expect(try await receiver.facts(within: limit) { $0.accepted == 2 }.open == 2)
        #expect(try await receiver.take(2, within: limit).count == 2)
        #expect(try await sender.received { $0.end != nil }.end == .closed)
        try await other.close()
        await receiver.shutDown()
    }

    @Test("hands out the next message as soon as it comes, and nothing once the task is cancelled")
    func handsOutNext() async throws {
        let receiver = try await Receiver.start(on: anyPort)
        let (shown, continuation) = AsyncStream.makeStream(of: String.self)
        let task = Task {
            while let message = await receiver.next() { continuation.yield(message.stored?.string("message") ?? "") }
            continuation.finish()
        }
        let sender = try await RawClient.connected(to: receiver.address)
        try await sender.send(frame("one") + "\0" + frame("two") + "\0")
        var iterator = shown.makeAsyncIterator()
        #expect(await iterator.next() == "one")
        #expect(await iterator.next() == "two")
        task.cancel()
        #expect(await iterator.next() == nil)
        await receiver.shutDown()
    }
}
