// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Cuts the bytes of one TCP connection into frames, as the input of its kind does.
///
///     GELF    ── bytes ──▶ frames that end with a NUL; the last one may lack it
///     syslog  ── first byte 1-9 ──▶ frames that begin with their length
///             ── any other byte ──▶ lines; the last one is lost without its end
///
/// Source: `SyslogTCPFramingRouterHandler` of graylog2-server for the choice, which the first byte of a connection
/// makes.
struct InputFrameDecoder {
    private enum Framing {
        case nul(DelimitedFrames)
        case undecided
        case lines(DelimitedFrames)
        case counted(CountedFrames)
        case finished
    }

    private var framing: Framing

    private init(_ framing: Framing) {
        self.framing = framing
    }

    static func gelf() -> InputFrameDecoder {
        InputFrameDecoder(.nul(.nul()))
    }

    static func syslog() -> InputFrameDecoder {
        InputFrameDecoder(.undecided)
    }

    /// Takes the next bytes of the connection.
    mutating func handle(_ bytes: [UInt8]) -> [InputAction] {
        if case .undecided = framing, let first = bytes.first {
            let isCounted = (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first)
            framing = isCounted ? .counted(CountedFrames()) : .lines(.lines(0...DelimitedFrames.maximumLength))
        }
        let frames: [[UInt8]]
        let violation: FrameViolation?
        switch framing {
        case .nul(var decoder):
            (frames, violation) = decoder.frames(in: bytes)
            framing = .nul(decoder)
        case .lines(var decoder):
            (frames, violation) = decoder.frames(in: bytes)
            framing = .lines(decoder)
        case .counted(var decoder):
            (frames, violation) = decoder.frames(in: bytes)
            framing = .counted(decoder)
        case .undecided, .finished:
            return []
        }
        guard let violation else { return frames.map(InputAction.frame) }
        framing = .finished
        return frames.map(InputAction.frame) + [.lost(reason: "\(violation)", frame: []), .close]
    }

    /// The sender will send no more: what becomes of a frame that was not ended. Then the connection is closed.
    mutating func end() -> [InputAction] {
        defer { framing = .finished }
        switch framing {
        case .nul(var decoder):
            guard let frame = decoder.unended(), frame.count >= DelimitedFrames.minimumGELFLength else { break }
            return [.frame(frame), .close]
        case .lines(var decoder):
            guard let line = decoder.unended() else { break }
            return [.lost(reason: "the last line has no end: Graylog discards it", frame: line), .close]
        case .counted(var decoder):
            guard let frame = decoder.unended() else { break }
            return [.lost(reason: "the connection ended within a frame", frame: frame), .close]
        case .undecided:
            break
        case .finished:
            return []
        }
        return [.close]
    }
}

/// Cuts the bytes of one connection into frames that each end with a delimiter.
///
/// Source: `LenientDelimiterBasedFrameDecoder` and `GelfChunkAggregator` of graylog2-server, Netty's
/// `LineBasedFrameDecoder`.
struct DelimitedFrames {
    /// The longest frame, in bytes without its end: the default of Graylog's `max_message_size`.
    static let maximumLength = 2_097_152

    /// The shortest GELF frame, in bytes: Graylog looks at two to tell JSON from compression.
    static let minimumGELFLength = 2

    private let delimiter: UInt8
    private let minimumLength: Int
    private let maximumLength: Int
    private var partial: [UInt8] = []

    private init(endingWith delimiter: UInt8, _ lengths: ClosedRange<Int>) {
        self.delimiter = delimiter
        minimumLength = lengths.lowerBound
        maximumLength = lengths.upperBound
    }

    /// Frames that end with a NUL, as on a GELF TCP input.
    static func nul() -> DelimitedFrames {
        DelimitedFrames(endingWith: 0, minimumGELFLength...maximumLength)
    }

    /// Lines that end with LF or CR LF, of so many bytes.
    static func lines(_ lengths: ClosedRange<Int>) -> DelimitedFrames {
        DelimitedFrames(endingWith: UInt8(ascii: "\n"), lengths)
    }

    /// The frames that `bytes` complete, and what is wrong with the one after them; nothing may follow a violation.
    mutating func frames(in bytes: [UInt8]) -> (frames: [[UInt8]], violation: FrameViolation?) {
        var frames: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: delimiter) {
            partial += rest[..<end]
            rest = rest[(end + 1)...]
            if delimiter == UInt8(ascii: "\n"), partial.last == UInt8(ascii: "\r") { partial.removeLast() }
            guard partial.count <= maximumLength else { return (frames, .tooLong(limit: maximumLength)) }
            guard partial.count >= minimumLength else { return (frames, .tooShort(partial.count)) }
            frames.append(partial)
            partial = []
        }
        partial += rest
        return (frames, partial.count > maximumLength ? .tooLong(limit: maximumLength) : nil)
    }

    /// The frame that was not ended when the connection was; `nil` when there is none.
    mutating func unended() -> [UInt8]? {
        defer { partial = [] }
        return partial.isEmpty ? nil : partial
    }
}

/// Cuts the bytes of one connection into frames that each begin with their length: `12 <45>Test 123` (RFC 6587, octet
/// counting). A line feed after a frame is part of the next one, unless the length counts it.
///
/// Source: `SyslogOctetCountFrameDecoder` of graylog2-server.
struct CountedFrames {
    /// The most bytes of one frame with its length. Graylog has no such limit, but a receiver must not grow without
    /// end.
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
        // Before a blank without a length, Graylog's decoder waits forever: it reads nothing more of the connection.
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

/// A frame for which the connection is closed, at the loss of whatever follows it.
enum FrameViolation: Hashable, Sendable, CustomStringConvertible {
    /// Longer than `limit` bytes.
    case tooLong(limit: Int)
    /// Shorter than the shortest, as between two NULs; the length in bytes.
    case tooShort(Int)
    /// With octet counting, something else where the length should stand.
    case noLength(String)
    /// With octet counting, longer than `limit` bytes: Graylog would take it, a receiver does not.
    case beyondReceiver(limit: Int)

    /// Why what was sent is dropped, in words for a user.
    var description: String {
        switch self {
        case .tooLong(let limit): "a frame of more than \(limit) bytes: Graylog closes the connection"
        case .tooShort(let length): "a frame of \(counted(length, "byte")): Graylog closes the connection"
        case .noLength(let text): "\"\(text)\" where a frame's length should stand: Graylog closes the connection"
        case .beyondReceiver(let limit): "a frame of more than \(limit) bytes, too much for this receiver"
        }
    }
}
