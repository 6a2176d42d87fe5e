// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The newest messages in memory: those that wait for their commit, and those just committed, so that the outputs need
/// not read them again from the disk.
struct SpoolTail {
    private struct Entry {
        /// As it was before it was numbered, in case it must be numbered anew.
        let message: Message
        let spooled: SpooledMessage

        var bytes: Int { message.body.count + spooled.body.count }
    }

    /// In the order of their positions, which grow, with gaps.
    private var entries: [Entry] = []
    /// Bytes of all bodies, numbered or not: what the messages take in memory.
    private(set) var bytes = 0
    /// The position behind which nothing is missing here, but for what was dropped.
    private(set) var start: Int64

    init(start: Int64) {
        self.start = start
    }

    mutating func append(_ message: Message, as spooled: SpooledMessage) {
        let entry = Entry(message: message, spooled: spooled)
        entries.append(entry)
        bytes += entry.bytes
    }

    /// The messages after a position, at most `limit` of them; nil when they begin before this tail.
    func messages(after position: Int64, limit: Int = .max) -> [SpooledMessage]? {
        guard position >= start else { return nil }
        return entries[firstIndex(after: position)...].prefix(limit).map(\.spooled)
    }

    func count(after position: Int64) -> Int {
        entries.endIndex - firstIndex(after: position)
    }

    /// Bytes of the messages up to a position.
    func bytes(upTo position: Int64) -> Int {
        entries[..<firstIndex(after: position)].reduce(0) { $0 + $1.bytes }
    }

    /// Forgets everything up to a position.
    mutating func forget(upTo position: Int64) {
        guard position > start else { return }
        let count = firstIndex(after: position)
        bytes -= entries[..<count].reduce(0) { $0 + $1.bytes }
        entries.removeFirst(count)
        start = position
    }

    /// Forgets the oldest messages up to a position, as many as needed to hold `limit` bytes.
    mutating func shrink(toFit limit: Int, upTo position: Int64) {
        var excess = bytes - limit
        guard excess > 0 else { return }
        let last = entries.first { entry in
            excess -= entry.bytes
            return excess <= 0
        }
        forget(upTo: min(last?.spooled.position ?? position, position))
    }

    /// Drops messages after a position until `limit` bytes are left: the oldest of the kind that matters least first.
    /// Answers their positions.
    mutating func drop(after position: Int64, toFit limit: Int) -> [Int64] {
        Event.Kind.allCases.flatMap { kind in
            remove { $0.spooled.kind == kind && $0.spooled.position > position && $1 > limit }
        }
    }

    /// Removes messages that the disk has dropped.
    mutating func drop(_ positions: [Int64]) {
        let here = Set(positions.filter { $0 > start })
        guard !here.isEmpty else { return }
        _ = remove { entry, _ in here.contains(entry.spooled.position) }
    }

    /// Gives every message after a position a new number.
    mutating func renumber(after position: Int64, as identity: inout SpoolIdentity) {
        for index in firstIndex(after: position)..<entries.endIndex {
            let old = entries[index]
            let new = Entry(
                message: old.message,
                spooled: SpooledMessage(
                    position: old.spooled.position, kind: old.spooled.kind, time: old.spooled.time,
                    body: identity.number(old.message)))
            bytes += new.bytes - old.bytes
            entries[index] = new
        }
    }

    /// Removes, oldest first, what `isDropped` says, given the bytes that are left. Answers the positions.
    private mutating func remove(where isDropped: (Entry, Int) -> Bool) -> [Int64] {
        var left = bytes
        var dropped: [Int64] = []
        entries = entries.filter { entry in
            guard isDropped(entry, left) else { return true }
            left -= entry.bytes
            dropped.append(entry.spooled.position)
            return false
        }
        bytes = left
        return dropped
    }

    /// The index of the first message after a position, by binary search.
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
