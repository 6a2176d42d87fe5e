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

extension [SpooledMessage] {
    /// Cuts the messages into slices of at most `limit` bytes, one message at least.
    func batches(of limit: Int) -> [ArraySlice<SpooledMessage>] {
        var batches: [ArraySlice<SpooledMessage>] = []
        var start = startIndex
        var bytes = 0
        for index in indices {
            let size = self[index].body.count + 1
            if bytes + size > limit, index > start {
                batches.append(self[start..<index])
                (start, bytes) = (index, 0)
            }
            bytes += size
        }
        batches.append(self[start...])
        return batches
    }
}
