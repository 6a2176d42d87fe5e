// SPDX-License-Identifier: Apache-2.0

/// Cuts the bytes of one connection into frames, each ended by a NUL, as Graylog's GELF TCP input does.
///
/// Source: `LenientDelimiterBasedFrameDecoder` and `GelfChunkAggregator` of graylog2-server.
package struct GELFFrameDecoder {
    /// A frame for which Graylog closes the connection, at the loss of whatever follows it.
    package enum Violation: Hashable, Sendable, CustomStringConvertible {
        /// Longer than `maximumLength`.
        case tooLong
        /// Shorter than `minimumLength`, as between two NULs; the length in bytes.
        case tooShort(Int)

        package var description: String {
            switch self {
            case .tooLong: "a frame of more than \(maximumLength) bytes"
            case .tooShort(let length): "a frame of \(length) bytes"
            }
        }
    }

    /// The longest frame, in bytes without its NUL: the default of Graylog's `max_message_size`.
    package static let maximumLength = 2_097_152

    /// The shortest frame, in bytes: Graylog looks at two to tell JSON from compression.
    package static let minimumLength = 2

    private var partial: [UInt8] = []

    package init() {}

    /// The frames that `bytes` complete, and what is wrong with the one after them; nothing may follow a violation.
    package mutating func frames(in bytes: [UInt8]) -> (frames: [[UInt8]], violation: Violation?) {
        var frames: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0) {
            partial += rest[..<end]
            rest = rest[(end + 1)...]
            guard partial.count <= Self.maximumLength else { return (frames, .tooLong) }
            guard partial.count >= Self.minimumLength else { return (frames, .tooShort(partial.count)) }
            frames.append(partial)
            partial = []
        }
        partial += rest
        return (frames, partial.count > Self.maximumLength ? .tooLong : nil)
    }

    /// The frame that was not ended when the connection was; Graylog takes it as if it had been.
    package mutating func lastFrame() -> [UInt8]? {
        defer { partial = [] }
        return partial.count >= Self.minimumLength ? partial : nil
    }
}
