// SPDX-License-Identifier: Apache-2.0

/// Bytes that an HSM sends while nothing is asked.
enum UnaskedReply {
    /// How long a connection must be quiet before the answers on it are certain. A tenth of the timeout at most; more when
    /// the HSM takes more time to reply.
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
