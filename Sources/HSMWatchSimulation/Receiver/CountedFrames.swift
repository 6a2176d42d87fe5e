// SPDX-License-Identifier: Apache-2.0

/// Cuts the bytes of one connection into frames that each begin with their length: `12 <45>Test 123` (RFC 6587, octet
/// counting). A line feed after a frame is part of the next one, unless the length counts it.
///
/// Source: `SyslogOctetCountFrameDecoder` of graylog2-server.
struct CountedFrames {
    /// The most bytes of one frame with its length. Graylog has no such limit, but a receiver must not grow without end.
    static let maximumLength = 64 * 1024 * 1024

    /// The most bytes of a length: more than any that Graylog can read.
    static let maximumDigits = 20

    private var partial: [UInt8] = []

    /// The frames that `bytes` complete, and what is wrong with the one after them; nothing may follow a violation.
    mutating func frames(in bytes: [UInt8]) -> (frames: [[UInt8]], violation: FrameViolation?) {
        partial += bytes
        var frames: [[UInt8]] = []
        var start = 0
        defer { partial.removeFirst(start) }
        // Before a blank without a length, Graylog's decoder waits for ever: it reads nothing more of the connection.
        while let blank = blank(after: start), blank > start {
            let text = String(decoding: partial[start..<blank], as: UTF8.self)
            guard let length = Int32(text), length >= 0 else { return (frames, .noLength(text)) }
            let end = blank + 1 + Int(length)
            guard end - start <= Self.maximumLength else { return (frames, .beyondReceiver(limit: Self.maximumLength)) }
            guard end <= partial.count else { return (frames, nil) }
            frames.append(Array(partial[(blank + 1)..<end]))
            start = end
        }
        if partial.count - start > Self.maximumDigits, blank(after: start) == nil {
            return (frames, .noLength(String(decoding: partial[start...].prefix(Self.maximumDigits), as: UTF8.self)))
        }
        let isTooLong = partial.count - start > Self.maximumLength
        return (frames, isTooLong ? .beyondReceiver(limit: Self.maximumLength) : nil)
    }

    /// The beginning of a frame, with its length, that was not complete when the connection ended; `nil` without one.
    mutating func unended() -> [UInt8]? {
        defer { partial = [] }
        return partial.isEmpty ? nil : partial
    }

    /// The blank behind a length that begins at `start`; `nil` when none has come, or too late.
    private func blank(after start: Int) -> Int? {
        partial[start...].prefix(Self.maximumDigits + 1).firstIndex(of: UInt8(ascii: " "))
    }
}
