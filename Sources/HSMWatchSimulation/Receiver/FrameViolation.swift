// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
