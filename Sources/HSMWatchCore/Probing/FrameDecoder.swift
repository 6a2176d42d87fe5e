// SPDX-License-Identifier: Apache-2.0

/// Finds one frame in the bytes that a connection delivers, however they are cut.
///
/// Bytes are skipped up to `<`; the frame ends at the first `>`. A line ending proves nothing: HSM option 23 removes
/// it. One decoder serves one reply.
package struct FrameDecoder: Sendable {
    /// Bytes, skipped ones included, within which a frame must end; also those of an unasked or a repeated reply. The
    /// protocol's longest command has 5,000.
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

/// Bytes that an HSM sends while nothing is asked.
///
/// They end the connection, and are reported once as `malformed`. They could pass for the
/// answer to the next question, so the conversation listens before it believes:
/// - A new connection is asked nothing before the kernel's bytes were looked at. With query ports it must be quiet for
///   `UnaskedReply.quietTime` first.
/// - With query ports the answers are held until the connection was quiet after the last one. Bytes in that time make
///   all answers but the first doubtful: one of them may be a reply that came twice.
/// - For `UnaskedReply.caution` after such bytes the conversation listens before the first question and after each
///   reply, also without query ports. What comes before the question is ignored. What comes after a reply must be the
///   same reply. The readings are certain then, so nothing is reported again.
enum UnaskedReply {
    /// How long a connection must be quiet before the answers on it are certain. A tenth of the timeout at most; more
    /// when the HSM takes more time to reply.
    static let quietTime = Duration.milliseconds(20)
    /// How long the conversation listens around every question after such bytes.
    static let caution = Duration.seconds(600)
    /// Characters of the bytes in a failure's detail.
    private static let excerptLimit = 60

    /// What is reported of the bytes.
    ///
    /// A few line endings alone are no failure, so bytes that are nothing else were too many.
    static func failure(_ bytes: some Sequence<UInt8>) -> Failure {
        let excerpt = EscapedBytes.text(bytes.drop { FrameDecoder.isLineEnding([$0]) }, limit: excerptLimit)
        let flood = "more than \(FrameDecoder.limit) bytes of line endings"
        return Failure(.malformed, "unasked reply: \(excerpt.isEmpty ? flood : excerpt)")
    }
}

/// Watches the bytes before a question, so that none of them can become part of the answer.
struct UnaskedBytes {
    /// The first bytes, at most `FrameDecoder.limit`.
    private(set) var beginning: [UInt8] = []
    /// Line endings before them.
    private var lineEndings = 0
    /// Whether a frame has begun and not ended. Its rest may still come.
    private(set) var isWithinFrame = false

    /// True after anything but line endings.
    var isHeard: Bool { !beginning.isEmpty }

    /// Takes the bytes of one read; false when there are more than `FrameDecoder.limit`, line endings included.
    mutating func hear(_ bytes: [UInt8]) -> Bool {
        for byte in bytes {
            guard lineEndings + beginning.count < FrameDecoder.limit else { return false }
            guard isHeard || !FrameDecoder.isLineEnding([byte]) else {
                lineEndings += 1
                continue
            }
            beginning.append(byte)
            if byte == UInt8(ascii: "<") { isWithinFrame = true }
            if byte == UInt8(ascii: ">") { isWithinFrame = false }
        }
        return true
    }
}

/// Compares the bytes after a reply with the reply.
///
/// If every frame that comes is the same, all of them say what the HSM answers, whichever of them is the answer. Bytes
/// outside a frame say nothing.
struct RepeatedReply {
    private let frame: [UInt8]
    /// Bytes of the repetition that has begun.
    private var position = 0
    /// Bytes between the frames.
    private var noise = 0
    /// Bytes that are not line endings, at most `FrameDecoder.limit`: what a failure shows.
    private(set) var beginning: [UInt8] = []

    /// - Parameter frame: the reply, with its angle brackets.
    init(of frame: [UInt8]) {
        self.frame = frame
    }

    /// True after anything but line endings.
    var isHeard: Bool { !beginning.isEmpty }
    /// Whether a repetition has begun and not ended.
    var isWithinFrame: Bool { position > 0 }

    /// Takes the bytes of one read; false when they are neither the reply again nor bytes outside a frame.
    mutating func hear(_ bytes: some Sequence<UInt8>) -> Bool {
        var isSame = true
        for byte in bytes {
            if isHeard || !FrameDecoder.isLineEnding([byte]), beginning.count < FrameDecoder.limit {
                beginning.append(byte)
            }
            guard isWithinFrame || byte == UInt8(ascii: "<") else {
                noise += 1
                if noise > FrameDecoder.limit { isSame = false }
                continue
            }
            if frame[position] != byte { isSame = false }
            position = position + 1 == frame.count ? 0 : position + 1
        }
        return isSame
    }
}
