// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchSimulation

@Suite("GELF frames")
struct GELFFrameDecoderTests {
    private static let maximum = GELFFrameDecoder.maximumLength

    @Test("are cut at NULs, wherever the bytes are cut; the last one may lack its NUL")
    func cutsAtNULs() {
        let bytes = Array("first\0{\n}\0third".utf8)
        for cut in bytes.indices {
            var decoder = GELFFrameDecoder()
            var frames = decoder.frames(in: Array(bytes[..<cut])).frames
            frames += decoder.frames(in: Array(bytes[cut...])).frames
            frames += [decoder.lastFrame()].compactMap(\.self)
            #expect(frames.map { String(decoding: $0, as: UTF8.self) } == ["first", "{\n}", "third"])
        }
    }

    @Test(
        "of no or one byte are a violation, after which nothing counts",
        arguments: [("\0", 0, 0), ("x\0", 1, 0), ("ab\0\0cd\0", 0, 1), ("ab\0c\0de\0", 1, 1)])
    func refusesShortFrames(bytes: String, length: Int, before: Int) {
        var decoder = GELFFrameDecoder()
        let (frames, violation) = decoder.frames(in: Array(bytes.utf8))
        #expect(frames.count == before)
        #expect(violation == .tooShort(length))
    }

    @Test("may be as long as Graylog's limit, with and without their NUL")
    func takesTheLongest() {
        let longest = Array(repeating: UInt8(ascii: "a"), count: Self.maximum)
        var decoder = GELFFrameDecoder()
        #expect(decoder.frames(in: longest).violation == nil)
        #expect(decoder.frames(in: [0]).frames == [longest])
        #expect(decoder.frames(in: longest + [0]).frames == [longest])
        _ = decoder.frames(in: longest)
        #expect(decoder.lastFrame() == longest)
    }

    @Test("that are longer are a violation, as soon as that shows")
    func refusesLongFrames() {
        let longest = Array(repeating: UInt8(ascii: "a"), count: Self.maximum)
        var decoder = GELFFrameDecoder()
        _ = decoder.frames(in: longest)
        #expect(decoder.frames(in: [UInt8(ascii: "a")]).violation == .tooLong)
        decoder = GELFFrameDecoder()
        let (frames, violation) = decoder.frames(in: Array("ab\0a".utf8) + longest + Array("\0cd\0".utf8))
        #expect(frames == [Array("ab".utf8)])
        #expect(violation == .tooLong)
    }

    @Test("of one byte that are not ended are no frame", arguments: ["", "x"])
    func ignoresShortTail(tail: String) {
        var decoder = GELFFrameDecoder()
        #expect(decoder.frames(in: Array(tail.utf8)).violation == nil)
        #expect(decoder.lastFrame() == nil)
    }
}
