// SPDX-License-Identifier: Apache-2.0

/// Cuts the bytes of one TCP connection into frames, as the input of its kind does.
///
///     GELF    ── bytes ──▶ frames that end with a NUL; the last one may lack it
///     syslog  ── first byte 1-9 ──▶ frames that begin with their length
///             ── any other byte ──▶ lines; the last one is lost without its end
///
/// Source: `SyslogTCPFramingRouterHandler` of graylog2-server for the choice, which the first byte of a connection makes.
struct FrameDecoder {
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

    static func gelf() -> FrameDecoder {
        FrameDecoder(.nul(.nul()))
    }

    static func syslog() -> FrameDecoder {
        FrameDecoder(.undecided)
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
