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
        /// A frame with its angle brackets, and the bytes of the same read after it.
        case frame([UInt8], rest: ArraySlice<UInt8>)
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
                return .frame(frame, rest: bytes[(index + 1)...])
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

extension FrameDecoder {
    /// Whether nothing but line endings came.
    var isUntouched: Bool { !hasBegun && noise == 0 }

    /// Why there is no reply when the connection ends; the detail says how, in words that follow "the HSM".
    func failure(ofEnd detail: String) -> Failure {
        if hasBegun { return Failure(.closed, "the HSM \(detail) within the reply") }
        if noise > 0 { return Failure(.malformed, "\(counted(noise, "byte")) without a frame, then the HSM \(detail)") }
        return Failure(.closed, "the HSM \(detail) before it replied")
    }

    /// Why there is no reply when the deadline passes; the limit is the timeout in words.
    func failure(ofDeadline limit: String) -> Failure {
        if hasBegun { return Failure(.noReply, "the reply did not end within \(limit)") }
        if noise > 0 { return Failure(.malformed, "\(counted(noise, "byte")) without a frame within \(limit)") }
        return Failure(.noReply, "no reply within \(limit)")
    }
}
