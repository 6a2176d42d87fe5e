// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The newest messages in memory: those that wait for their commit, and those just committed, so that the outputs need
/// not read them again from the disk.
struct SpoolTail {
    struct Entry {
        /// As it was before it was numbered, in case it must be numbered anew.
        let message: Message
        let spooled: SpooledMessage
    }

    private var entries: ArraySlice<Entry> = []
    /// Bytes of all bodies.
    private(set) var bytes = 0
    /// The position behind which nothing is missing here, but for what was dropped.
    private(set) var start: Int64

    init(start: Int64) {
        self.start = start
    }

    mutating func append(_ message: Message, as spooled: SpooledMessage) {
        entries.append(Entry(message: message, spooled: spooled))
        bytes += spooled.body.count
    }

    /// The messages after a position, at most `limit` of them; nil when they begin before this tail.
    func messages(after position: Int64, limit: Int = .max) -> [SpooledMessage]? {
        guard position >= start else { return nil }
        return entries[firstIndex(after: position)...].prefix(limit).map(\.spooled)
    }

    func count(after position: Int64) -> Int {
        entries.endIndex - firstIndex(after: position)
    }

    /// Forgets everything up to a position.
    mutating func forget(upTo position: Int64) {
        guard position > start else { return }
        let index = firstIndex(after: position)
        bytes -= entries[..<index].reduce(0) { $0 + $1.spooled.body.count }
        entries = entries[index...]
        start = position
    }

    /// Forgets the oldest messages up to a position, as many as needed to hold `limit` bytes.
    mutating func shrink(toFit limit: Int, upTo position: Int64) {
        var excess = bytes - limit
        let last = entries.first { entry in
            excess -= entry.spooled.body.count
            return excess <= 0
        }
        guard bytes > limit, let last else { return }
        forget(upTo: min(last.spooled.position, position))
    }

    /// Drops messages after a position until `limit` bytes are left: the oldest of the kind that matters least first.
    /// Answers how many.
    mutating func drop(after position: Int64, toFit limit: Int) -> Int {
        let before = entries.count
        for kind in Event.Kind.allCases where bytes > limit {
            entries = entries.filter { entry in
                guard bytes > limit, entry.spooled.kind == kind, entry.spooled.position > position else { return true }
                bytes -= entry.spooled.body.count
                return false
            }[...]
        }
        return before - entries.count
    }

    /// Gives every message after a position a new number.
    mutating func renumber(after position: Int64, as identity: inout SpoolIdentity) {
        for index in firstIndex(after: position)..<entries.endIndex {
            let old = entries[index]
            let body = identity.number(old.message)
            bytes += body.count - old.spooled.body.count
            entries[index] = Entry(
                message: old.message,
                spooled: SpooledMessage(
                    position: old.spooled.position, kind: old.spooled.kind, time: old.spooled.time, body: body))
        }
    }

    /// The index of the first message after a position (binary search: positions grow, with gaps).
    private func firstIndex(after position: Int64) -> Int {
        var low = entries.startIndex
        var high = entries.endIndex
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].spooled.position <= position {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
