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
    private var lineEndings = 0

    /// Bytes before the frame that are no line ending: something answers, but not with the protocol.
    package private(set) var noise = 0

    package init() {}

    /// True once a `<` was seen.
    package var hasBegun: Bool { !frame.isEmpty }

    /// Takes the bytes of one read. Not to be called again once it answered anything but `partial`.
    package mutating func decode(_ bytes: [UInt8]) -> Progress {
        for (index, byte) in bytes.enumerated() {
            guard frame.count + noise + lineEndings < Self.limit else { return .overflow }
            guard hasBegun || byte == UInt8(ascii: "<") else {
                skip(byte)
                continue
            }
            frame.append(byte)
            if byte == UInt8(ascii: ">") {
                return .frame(frame, isFollowed: !Self.isLineEnding(bytes[(index + 1)...]))
            }
        }
        return .partial
    }

    /// A line ending may be a late one of the reply before.
    private mutating func skip(_ byte: UInt8) {
        if Self.isLineEnding([byte]) {
            lineEndings += 1
        } else {
            noise += 1
        }
    }

    /// Whether the bytes are nothing but what may stand between frames.
    package static func isLineEnding(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    }
}
