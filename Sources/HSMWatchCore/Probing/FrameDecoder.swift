// SPDX-License-Identifier: Apache-2.0

/// Finds one frame in the bytes that a connection delivers, however they are cut.
///
/// Bytes are skipped up to `<`; the frame ends at the first `>`. A line ending proves nothing: HSM option 23 removes
/// it. One decoder serves one reply.
package struct FrameDecoder: Sendable {
    /// Bytes, skipped ones included, within which a frame must end. The protocol's longest command has 5,000.
    package static let limit = 8192

    /// What the bytes so far amount to.
    package enum Progress: Hashable, Sendable {
        /// No end yet.
        case partial
        /// A frame with its angle brackets, and whether anything but a line ending stood behind it.
        case frame([UInt8], isFollowed: Bool)
        /// `limit` bytes without an end.
        case overflow
    }

    private var frame: [UInt8] = []
    private var skipped = 0

    package init() {}

    /// True once a `<` was seen.
    package var hasBegun: Bool { !frame.isEmpty }

    /// Bytes received so far, skipped ones included.
    package var received: Int { skipped + frame.count }

    /// Takes the bytes of one read. Not to be called again once it answered anything but `partial`.
    package mutating func decode(_ bytes: [UInt8]) -> Progress {
        for (index, byte) in bytes.enumerated() {
            guard received < Self.limit else { return .overflow }
            guard hasBegun || byte == UInt8(ascii: "<") else {
                skipped += 1
                continue
            }
            frame.append(byte)
            if byte == UInt8(ascii: ">") {
                return .frame(frame, isFollowed: !Self.isLineEnding(bytes[(index + 1)...]))
            }
        }
        return .partial
    }

    /// Whether the bytes are nothing but what may stand between frames.
    package static func isLineEnding(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    }
}
