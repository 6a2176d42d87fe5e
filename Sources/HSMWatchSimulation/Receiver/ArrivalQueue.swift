// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a receiver has received and nobody has taken.
struct ArrivalQueue {
    private var waiting: CircularBuffer<(arrival: Arrival, byteCount: Int)> = []
    private var lentByteCount = 0

    /// The bytes of the frames that nobody has taken, with that of the message that is lent.
    private(set) var byteCount = 0

    /// The messages that wait.
    var count: Int { waiting.count }

    mutating func append(_ arrival: Arrival, byteCount: Int) {
        waiting.append((arrival, byteCount))
        self.byteCount += byteCount
    }

    /// The first message. It counts as taken only when it is given back, which a lent one must be before the next.
    mutating func lend() -> Arrival? {
        guard let first = waiting.popFirst() else { return nil }
        lentByteCount = first.byteCount
        return first.arrival
    }

    /// Whoever a message was lent to has done with it what was to be done.
    mutating func giveBack() {
        byteCount -= lentByteCount
        lentByteCount = 0
    }
}
