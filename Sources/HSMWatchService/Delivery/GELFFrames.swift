// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension ByteBuffer {
    /// GELF over TCP: each message and its NUL, all in one write. A message is never empty, so no frame is.
    init(frames messages: ArraySlice<SpooledMessage>) {
        self.init()
        reserveCapacity(messages.reduce(0) { $0 + $1.body.count + 1 })
        for message in messages {
            writeBytes(message.body)
            writeInteger(UInt8(0))
        }
    }
}

extension ArraySlice<SpooledMessage> {
    /// The first messages that take at most `limit` bytes as frames, one message at least.
    func prefix(upTo limit: Int) -> ArraySlice<SpooledMessage> {
        var room = limit
        let end = firstIndex { message in
            room -= message.body.count + 1
            return room < 0
        }
        return prefix(Swift.max(1, end ?? count))
    }
}
