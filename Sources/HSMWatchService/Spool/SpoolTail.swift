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

    /// The messages of some kinds after a position, up to another, at most `limit` of them; nil when they begin before
    /// this tail.
    func messages(
        of kinds: Set<Event.Kind> = .all, after position: Int64, upTo end: Int64 = .max, limit: Int = .max
    ) -> [SpooledMessage]? {
        guard position >= start else { return nil }
        let here = entries[firstIndex(after: position)..<max(firstIndex(after: position), firstIndex(after: end))]
        guard kinds != .all else { return here.prefix(limit).map(\.spooled) }
        return here.lazy.filter { kinds.contains($0.spooled.kind) }.prefix(limit).map(\.spooled)
    }

    /// How many messages there are after a position for which something holds.
    func counts(after position: Int64, where isCounted: (SpooledMessage) -> Bool) -> MessageCounts {
        var counts = MessageCounts()
        for entry in entries[firstIndex(after: position)...] where isCounted(entry.spooled) {
            counts[entry.spooled.kind] += 1
        }
        return counts
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

    /// Forgets the oldest messages, as long as nobody waits for them.
    mutating func forget(_ confirmed: ConfirmedPositions) {
        let done = entries.prefix { !confirmed.awaits($0.spooled) }
        if let last = done.last { forget(upTo: last.spooled.position) }
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
    mutating func drop(after position: Int64, toFit limit: Int) -> [DroppedMessage] {
        Event.Kind.allCases.flatMap { kind in
            remove { $0.spooled.kind == kind && $0.spooled.position > position && $1 > limit }
        }
    }

    /// Removes messages that the disk has dropped.
    mutating func drop(_ messages: [DroppedMessage]) {
        let here = Set(messages.map(\.position).filter { $0 > start })
        guard !here.isEmpty else { return }
        _ = remove { entry, _ in here.contains(entry.spooled.position) }
    }

    /// Removes messages after a position of which something holds.
    mutating func drop(after position: Int64, where isDropped: (SpooledMessage) -> Bool) -> [DroppedMessage] {
        remove { entry, _ in entry.spooled.position > position && isDropped(entry.spooled) }
    }

    /// Moves the time of every message by so many milliseconds: the spool's clock has moved as far.
    mutating func move(by milliseconds: Int64) {
        guard milliseconds != 0 else { return }
        entries = entries.map { entry in
            let old = entry.spooled
            return Entry(
                message: entry.message,
                spooled: SpooledMessage(
                    position: old.position, kind: old.kind, time: old.time + milliseconds, body: old.body))
        }
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

    /// Removes, oldest first, what `isDropped` says, given the bytes that are left.
    private mutating func remove(where isDropped: (Entry, Int) -> Bool) -> [DroppedMessage] {
        var left = bytes
        var dropped: [DroppedMessage] = []
        entries = entries.filter { entry in
            guard isDropped(entry, left) else { return true }
            left -= entry.bytes
            dropped.append(DroppedMessage(position: entry.spooled.position, kind: entry.spooled.kind))
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
