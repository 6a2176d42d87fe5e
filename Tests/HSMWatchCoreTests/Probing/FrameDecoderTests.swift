// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Frame decoder")
struct FrameDecoderTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(
        "a frame is found whatever stands before it and whatever line ending comes after",
        arguments: [
            "<2223#10#16#6#>", "<2223#10#16#6#>\r\n", "<2223#10#16#6#>\n", "\r\n<2223#10#16#6#>",
            "noise <2223#10#16#6#>", "\u{0}\u{1}<2223#10#16#6#>\r",
        ])
    func findsFrame(text: String) {
        var decoder = FrameDecoder()
        guard case .frame(let frame, let rest) = decoder.decode(Self.bytes(text)) else {
            Issue.record("no frame")
            return
        }
        #expect(frame == Self.bytes("<2223#10#16#6#>"))
        #expect(FrameDecoder.isLineEnding(rest))
    }

    @Test("a frame is found however the bytes are split in two")
    func everySplit() {
        let whole = Self.bytes("\r\n<2223#10#16#6#^tag#>")
        for cut in 0..<whole.count {
            var decoder = FrameDecoder()
            #expect(decoder.decode(Array(whole[..<cut])) == .partial)
            #expect(decoder.decode(Array(whole[cut...])) == .frame(Array(whole[2...]), rest: []))
        }
    }

    @Test("a frame is found byte by byte")
    func byteByByte() {
        var decoder = FrameDecoder()
        for byte in Self.bytes("<2223#1#2#") {
            #expect(decoder.decode([byte]) == .partial)
        }
        #expect(decoder.decode(Self.bytes(">")) == .frame(Self.bytes("<2223#1#2#>"), rest: []))
    }

    @Test("of two frames in one read the first is taken, and the second is the rest")
    func twoFrames() {
        var decoder = FrameDecoder()
        let progress = decoder.decode(Self.bytes("<2223#10#16#6#>\r\n<2223#9#16#7#>\r\n"))
        #expect(progress == .frame(Self.bytes("<2223#10#16#6#>"), rest: Self.bytes("\r\n<2223#9#16#7#>\r\n")[...]))
    }

    @Test("a frame may be as long as the limit, and not a byte longer")
    func limit() {
        let longest = Self.bytes("<" + String(repeating: "1", count: FrameDecoder.limit - 2) + ">")
        var decoder = FrameDecoder()
        #expect(decoder.decode(longest) == .frame(longest, rest: []))
        decoder = FrameDecoder()
        #expect(decoder.decode(Self.bytes(" ") + longest) == .overflow)
    }

    @Test("noise without a frame is bounded too")
    func noise() {
        var decoder = FrameDecoder()
        #expect(decoder.decode([UInt8](repeating: 0x41, count: FrameDecoder.limit)) == .partial)
        #expect(!decoder.hasBegun)
        #expect(decoder.noise == FrameDecoder.limit)
        #expect(decoder.decode([0x41]) == .overflow)
        decoder = FrameDecoder()
        #expect(decoder.decode([UInt8](repeating: 0x0A, count: FrameDecoder.limit)) == .partial)
        #expect(decoder.noise == 0)
        #expect(decoder.decode([0x0A]) == .overflow)
    }
}
