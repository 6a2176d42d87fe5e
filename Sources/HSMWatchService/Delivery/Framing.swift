// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// How one message is told from the next on a TCP connection.
enum Framing: Sendable {
    /// A NUL behind each: GELF.
    case null
    /// Its length in bytes before each: syslog (RFC 6587 section 3.4.1, RFC 5425).
    case octetCounting
}

extension ByteBuffer {
    /// Frames, all in one write. A message is never empty, so no frame is.
    init(_ messages: ArraySlice<SpooledMessage>, in format: MessageFormat, framing: Framing) {
        self.init()
        reserveCapacity(messages.reduce(0) { $0 + $1.body.count + 1 })
        for message in messages {
            let bytes = format.bytes(of: message)
            switch framing {
            case .null:
                writeBytes(bytes)
                writeInteger(UInt8(0))
            case .octetCounting:
                writeString("\(bytes.count) ")
                writeBytes(bytes)
            }
        }
    }
}

extension ArraySlice<SpooledMessage> {
    /// The first messages that take at most `limit` bytes with one byte between them, one message at least.
    func prefix(upTo limit: Int) -> ArraySlice<SpooledMessage> {
        var room = limit
        let end = firstIndex { message in
            room -= message.body.count + 1
            return room < 0
        }
        return prefix(Swift.max(1, (end ?? endIndex) - startIndex))
    }
}
