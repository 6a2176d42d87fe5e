// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchSimulation

/// The cases of Graylog's `GelfChunkAggregatorTest`, and what it leaves out.
@Suite("Chunks of GELF UDP")
struct GELFChunkAssemblyTests {
    private static let start = Instant(nanoseconds: 1_000)

    private func chunk(_ number: Int, of count: Int, id: UInt8 = 1, _ data: String = "") -> GELFChunkAssembly.Event {
        let header = [0x1E, 0x0F] + Array(repeating: id, count: 8) + [UInt8(number), UInt8(count)]
        return .datagram(header + Array((data.isEmpty ? "<\(number)>" : data).utf8))
    }

    private func frame(_ text: String) -> [InputAction] {
        [.frame(Array(text.utf8))]
    }

    private func reasons(_ actions: [InputAction]) -> [String] {
        actions.compactMap { if case .lost(let reason, _) = $0 { reason } else { nil } }
    }

    private func at(_ duration: Duration) -> Instant {
        Self.start + duration
    }

    @Test("make a message when the last one has come, in whatever order they come", arguments: [1, 2, 5, 128])
    func complete(count: Int) {
        for numbers in [Array(0..<count), (0..<count).reversed()] {
            var chunks = GELFChunkAssembly(since: Self.start)
            for number in numbers.dropLast() {
                #expect(chunks.handle(chunk(number, of: count), at: Self.start) == [])
            }
            let text = (0..<count).map { "<\($0)>" }.joined()
            #expect(chunks.handle(chunk(numbers[count - 1], of: count), at: Self.start) == frame(text))
            #expect(chunks.deadline == nil)
        }
    }

    @Test("are at most 128: with the 129th all are lost")
    func tooMany() {
        var chunks = GELFChunkAssembly(since: Self.start)
        for number in 0..<GELFChunkAssembly.maximumChunks {
            #expect(chunks.handle(chunk(number, of: 129), at: Self.start) == [])
        }
        let actions = chunks.handle(chunk(128, of: 129), at: Self.start)
        #expect(reasons(actions) == ["129 of 129 chunks came: more than 128"])
        #expect(chunks.deadline == nil)
    }

    @Test("that stay incomplete are lost at the first eviction more than 5 s after the first of them")
    func expire() {
        var chunks = GELFChunkAssembly(since: Self.start)
        for number in 1..<5 {
            #expect(chunks.handle(chunk(number, of: 5), at: at(.milliseconds(300 * number))) == [])
        }
        #expect(chunks.deadline == at(.seconds(6)))
        #expect(chunks.handle(.timePassed, at: at(.milliseconds(5300))) == [])
        let reason = "4 of 5 chunks came: the others not within 5s of the first"
        #expect(reasons(chunks.handle(.timePassed, at: at(.seconds(6)))) == [reason])
        // Too late, it begins another message.
        #expect(chunks.handle(chunk(0, of: 5), at: at(.seconds(10))) == [])
        #expect(chunks.deadline == at(.seconds(16)))
    }

    @Test("are complete also after 5 s, as long as no eviction was, but one that completes nothing ends the wait")
    func lateChunks() {
        var chunks = GELFChunkAssembly(since: Self.start)
        #expect(chunks.handle(chunk(0, of: 2), at: at(.milliseconds(100))) == [])
        #expect(chunks.handle(chunk(1, of: 2), at: at(.milliseconds(5900))) == frame("<0><1>"))
        #expect(chunks.handle(chunk(0, of: 3), at: at(.seconds(7))) == [])
        let actions = chunks.handle(chunk(1, of: 3), at: at(.milliseconds(12_001)))
        #expect(reasons(actions) == ["2 of 3 chunks came: the others not within 5s of the first"])
        #expect(chunks.deadline == nil)
    }

    @Test("of different ids do not interfere, and the oldest decides when evictions are due")
    func ids() {
        var chunks = GELFChunkAssembly(since: Self.start)
        #expect(chunks.handle(chunk(0, of: 2, id: 1), at: at(.milliseconds(500))) == [])
        #expect(chunks.handle(chunk(0, of: 2, id: 2), at: at(.milliseconds(1500))) == [])
        #expect(chunks.deadline == at(.seconds(6)))
        #expect(chunks.handle(chunk(1, of: 2, id: 1), at: at(.milliseconds(1600))) == frame("<0><1>"))
        #expect(chunks.deadline == at(.seconds(7)))
        #expect(reasons(chunks.handle(.timePassed, at: at(.seconds(7)))).count == 1)
    }

    @Test("that came already are ignored, and reported")
    func duplicates() {
        var chunks = GELFChunkAssembly(since: Self.start)
        #expect(chunks.handle(chunk(0, of: 2), at: Self.start) == [])
        let reason = "chunk 0 of 2 has come already"
        #expect(reasons(chunks.handle(chunk(0, of: 2, "other"), at: Self.start)) == [reason])
        #expect(chunks.handle(chunk(0, of: 2, id: 2), at: Self.start) == [])
        #expect(chunks.handle(chunk(1, of: 2), at: Self.start) == frame("<0><1>"))
        #expect(chunks.handle(chunk(1, of: 2, id: 2), at: Self.start) == frame("<0><1>"))
    }

    @Test(
        "that are none are lost",
        arguments: [
            (0, 0, "chunk 0 of 0, which are counted from 0"), (3, 3, "chunk 3 of 3, which are counted from 0"),
            (255, 1, "chunk 255 of 1, which are counted from 0"),
        ])
    func invalid(number: Int, count: Int, reason: String) {
        var chunks = GELFChunkAssembly(since: Self.start)
        #expect(reasons(chunks.handle(chunk(number, of: count), at: Self.start)) == [reason])
        // Nothing of it came that could be missed.
        #expect(chunks.handle(.timePassed, at: at(.seconds(10))) == [])
        #expect(chunks.deadline == nil)
    }

    @Test("that disagree about how many they are do not belong together")
    func disagree() {
        var chunks = GELFChunkAssembly(since: Self.start)
        #expect(chunks.handle(chunk(0, of: 2), at: Self.start) == [])
        let actions = chunks.handle(chunk(1, of: 3), at: Self.start)
        #expect(reasons(actions) == ["a chunk of 3, but the first was one of 2"])
        #expect(chunks.handle(chunk(1, of: 2), at: Self.start) == frame("<0><1>"))
    }

    @Test("have a header of 12 bytes; what is shorter than 2 bytes is nothing at all")
    func short() {
        var chunks = GELFChunkAssembly(since: Self.start)
        let short: [UInt8] = [0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, 0]
        #expect(
            reasons(chunks.handle(.datagram(short), at: Self.start)) == ["a chunk of 11 bytes, shorter than its header"]
        )
        #expect(chunks.handle(.datagram(short + [1]), at: Self.start) == [.frame([])])
        #expect(reasons(chunks.handle(.datagram([0x1E]), at: Self.start)) == ["a datagram of 1 byte"])
        #expect(reasons(chunks.handle(.datagram([]), at: Self.start)) == ["a datagram of 0 bytes"])
    }

    @Test("differ from whole messages by their first two bytes")
    func whole() {
        var chunks = GELFChunkAssembly(since: Self.start)
        for bytes in [[0x1E, 0x0E, 1], [0x1F, 0x8B, 8], Array("{}".utf8)] as [[UInt8]] {
            #expect(chunks.handle(.datagram(bytes), at: Self.start) == [.frame(bytes)])
        }
    }

    @Test("of too many messages make the oldest give way")
    func boundsMessages() {
        var chunks = GELFChunkAssembly(since: Self.start)
        for number in 0...GELFChunkAssembly.maximumMessages {
            let id = [UInt8(number >> 8), UInt8(number & 0xFF)] + Array(repeating: UInt8(0), count: 6)
            let datagram = [0x1E, 0x0F] + id + [UInt8(number == 0 ? 1 : 0), 2]
            let actions = chunks.handle(.datagram(datagram), at: at(.microseconds(number)))
            let isOver = number == GELFChunkAssembly.maximumMessages
            let reason = "1 of 2 chunks came: too much else waits for chunks in this receiver"
            #expect(reasons(actions) == (isOver ? [reason] : []))
        }
        #expect(chunks.deadline == at(.seconds(6)))
    }

    @Test("of too many bytes make the oldest give way")
    func boundsBytes() {
        var chunks = GELFChunkAssembly(since: Self.start)
        let data = String(repeating: "x", count: 65_536 - GELFChunkAssembly.headerLength)
        let enough = GELFChunkAssembly.maximumByteCount / 65_536
        for number in 0...enough {
            let actions = chunks.handle(
                chunk(number % 128, of: 255, id: UInt8(number / 128), data), at: at(.microseconds(number)))
            #expect(actions.isEmpty == (number < enough))
        }
    }
}
