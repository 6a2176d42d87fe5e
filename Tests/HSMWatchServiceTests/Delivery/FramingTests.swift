// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import Testing

@testable import HSMWatchService

@Suite("Framing")
struct FramingTests {
    /// Messages of so many bytes, each of a digit of its own.
    private static func messages(_ lengths: Int...) -> [SpooledMessage] {
        lengths.enumerated().map { index, length in
            SpooledMessage(
                position: Int64(index), kind: .reading, time: 0,
                body: [UInt8](repeating: UInt8(ascii: "0") + UInt8(index), count: length))
        }
    }

    @Test("GELF has a NUL behind each message, syslog the length in bytes before it")
    func frames() {
        let messages = Self.messages(3, 12)
        let gelf = ByteBuffer(messages[...], in: .gelf, framing: .null)
        #expect(String(buffer: gelf) == "000\0111111111111\0")
        let counted = ByteBuffer(messages[...], in: .gelf, framing: .octetCounting)
        #expect(String(buffer: counted) == "3 00012 111111111111")
    }

    @Test("the length is of bytes, not of characters")
    func bytes() {
        let text = #"{"host":"h","level":6,"short_message":"é€😀"}"#
        let message = SpooledMessage(position: 1, kind: .reading, time: 0, body: Array(text.utf8))
        let format = MessageFormat.syslog(SyslogEncoder(SyslogConfiguration()) { _ in .utc })
        let frame = ByteBuffer([message][...], in: format, framing: .octetCounting)
        let parts = String(buffer: frame).split(separator: " ", maxSplits: 1)
        #expect(Int(parts[0]) == parts[1].utf8.count)
        #expect(parts[1].hasSuffix("é€😀"))
    }

    @Test("as many messages as fit, one at least, from any place on")
    func prefix() {
        let messages = Self.messages(9, 9, 9, 30, 9, 9)
        #expect(messages[...].prefix(upTo: 20).count == 2)
        #expect(messages[1...].prefix(upTo: 20).count == 2)
        #expect(messages[3...].prefix(upTo: 20).count == 1)
        #expect(messages[4...].prefix(upTo: 20).count == 2)
        #expect(messages[4...].prefix(upTo: 19).count == 1)
        #expect(messages[5...].prefix(upTo: 1000).count == 1)
    }
}
