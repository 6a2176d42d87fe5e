// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchSimulation

@Suite("Frames of a TCP connection")
struct InputFrameDecoderTests {
    private static let maximum = DelimitedFrames.maximumLength

    private func frames(_ texts: String...) -> [InputAction] {
        texts.map { .frame(Array($0.utf8)) }
    }

    private func lost(_ reason: String, _ frame: String = "") -> InputAction {
        .lost(reason: reason, frame: Array(frame.utf8))
    }

    /// What comes out of bytes that arrive in two pieces, wherever they are cut, and of their end.
    private func expect(_ text: String, in decoder: InputFrameDecoder, becomes expected: [InputAction]) {
        let bytes = Array(text.utf8)
        for cut in bytes.indices {
            var decoder = decoder
            let actions = decoder.handle(Array(bytes[..<cut])) + decoder.handle(Array(bytes[cut...])) + decoder.end()
            #expect(actions == expected, "cut at \(cut)")
        }
    }

    // MARK: GELF

    @Test("of GELF are cut at NULs, wherever the bytes are cut; the last one may lack its NUL")
    func cutsAtNULs() {
        expect("first\0{\n}\0third", in: .gelf(), becomes: frames("first", "{\n}", "third") + [.close])
    }

    @Test(
        "of GELF of no or one byte end the connection, and nothing after them counts",
        arguments: [("\0", 0, 0), ("x\0", 1, 0), ("ab\0\0cd\0", 0, 1), ("ab\0c\0de\0", 1, 1)])
    func refusesShortFrames(bytes: String, length: Int, before: Int) {
        var decoder = InputFrameDecoder.gelf()
        let actions = decoder.handle(Array(bytes.utf8))
        let reason = "a frame of \(length) byte\(length == 1 ? "" : "s"): Graylog closes the connection"
        #expect(actions == Array(frames("ab").prefix(before)) + [lost(reason), .close])
        #expect(decoder.handle(Array("more\0".utf8)) == [])
        #expect(decoder.end() == [])
    }

    @Test("of GELF may be as long as Graylog's limit, with and without their NUL")
    func takesTheLongest() {
        let longest = Array(repeating: UInt8(ascii: "a"), count: Self.maximum)
        var decoder = InputFrameDecoder.gelf()
        #expect(decoder.handle(longest) == [])
        #expect(decoder.handle([0]) == [.frame(longest)])
        #expect(decoder.handle(longest + [0]) == [.frame(longest)])
        #expect(decoder.handle(longest) == [])
        #expect(decoder.end() == [.frame(longest), .close])
    }

    @Test("of GELF that are longer end the connection, as soon as that shows")
    func refusesLongFrames() {
        let longest = Array(repeating: UInt8(ascii: "a"), count: Self.maximum)
        let end = [lost("a frame of more than 2097152 bytes: Graylog closes the connection"), .close]
        var decoder = InputFrameDecoder.gelf()
        #expect(decoder.handle(longest) == [])
        #expect(decoder.handle([UInt8(ascii: "a")]) == end)
        decoder = .gelf()
        #expect(decoder.handle(Array("ab\0a".utf8) + longest + Array("\0cd\0".utf8)) == frames("ab") + end)
    }

    @Test("of GELF of one byte that are not ended are no frame", arguments: ["", "x"])
    func ignoresShortTail(tail: String) {
        var decoder = InputFrameDecoder.gelf()
        #expect(decoder.handle(Array(tail.utf8)) == [])
        #expect(decoder.end() == [.close])
    }

    // MARK: Syslog

    @Test("of syslog are lines when the first byte is no digit from 1 to 9; the last one is lost without its end")
    func cutsLines() {
        expect("<45>Test 123\n\r\n<45>a\r\n", in: .syslog(), becomes: frames("<45>Test 123", "", "<45>a") + [.close])
        expect(
            "0 a\n<45>b", in: .syslog(),
            becomes: frames("0 a") + [lost("the last line has no end: Graylog discards it", "<45>b"), .close])
        var decoder = InputFrameDecoder.syslog()
        #expect(decoder.handle([]) == [])
        #expect(decoder.end() == [.close])
    }

    @Test("of syslog that are lines are as long as Graylog's limit at most")
    func refusesLongLines() {
        let longest = Array(repeating: UInt8(ascii: "<"), count: Self.maximum)
        var decoder = InputFrameDecoder.syslog()
        #expect(decoder.handle(longest + [UInt8(ascii: "\n")]) == [.frame(longest)])
        let end = [lost("a frame of more than 2097152 bytes: Graylog closes the connection"), .close]
        #expect(decoder.handle(longest + [UInt8(ascii: "<")]) == end)
        #expect(decoder.handle(Array("<45>a\n".utf8)) == [])
    }

    @Test("of syslog are counted when the first byte is a digit from 1 to 9, line feeds among them")
    func counts() {
        let first =
            "<45>1 2014-10-21T10:21:09+00:00 c4dc57ba1ebb syslog-ng 7120 - [meta sequenceId=\"1\"] syslog-ng starting up; version='3.5.3'\n"
        let text = "123 \(first)12 <45>Test 1230 2 \n\n"
        expect(text, in: .syslog(), becomes: frames(first, "<45>Test 123", "", "\n\n") + [.close])
    }

    @Test(
        "of syslog that do not begin with a length end the connection",
        arguments: [
            ("1 2014-10-21T10:21:09+00:00 host", ["2"], "014-10-21T10:21:09+0"),
            ("2025-07-29 12:34:56 myhost myapp: text\n", [], "2025-07-29"),
            ("12 <45>Test 123\n12 <45>Test 123", ["<45>Test 123"], "\n12"),
            ("3 abc-1 x", ["abc"], "-1"),
            ("3 abc99999999999 x", ["abc"], "99999999999"),
        ])
    func refusesBadLengths(text: String, before: [String], bad: String) {
        let reason = "\"\(bad)\" where a frame's length should stand: Graylog closes the connection"
        let expected = before.map { InputAction.frame(Array($0.utf8)) } + [lost(reason), .close]
        expect(text + " x", in: .syslog(), becomes: expected)
    }

    @Test(
        "of syslog that are not complete at the end are lost",
        arguments: [("12 <45>", "12 <45>"), ("12", "12"), ("2 ab 2 cd", " 2 cd")])
    func losesIncomplete(text: String, rest: String) {
        let before = text == rest ? [] : frames("ab")
        expect(text, in: .syslog(), becomes: before + [lost("the connection ended within a frame", rest), .close])
    }

    @Test("of syslog that are counted may be very long, but not without end")
    func boundsCounted() {
        let limit = CountedFrames.maximumLength
        let end = [lost("a frame of more than \(limit) bytes, too much for this receiver"), .close]
        var decoder = InputFrameDecoder.syslog()
        #expect(decoder.handle(Array("\(limit - 9) ".utf8)) == [])
        decoder = .syslog()
        #expect(decoder.handle(Array("\(limit - 8) ".utf8)) == end)
        decoder = .syslog()
        #expect(decoder.handle(Array("2 ab".utf8) + Array(repeating: UInt8(ascii: " "), count: limit)) == frames("ab"))
        #expect(decoder.handle([UInt8(ascii: " ")]) == end)
    }

    @Test("of syslog have a length that ends")
    func boundsLength() {
        let digits = String(repeating: "1", count: CountedFrames.maximumDigits)
        var decoder = InputFrameDecoder.syslog()
        #expect(decoder.handle(Array(digits.utf8)) == [])
        let reason = "\"\(digits)\" where a frame's length should stand: Graylog closes the connection"
        #expect(decoder.handle([UInt8(ascii: "1")]) == [lost(reason), .close])
    }
}
