// SPDX-License-Identifier: Apache-2.0

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
