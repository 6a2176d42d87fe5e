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
    /// The position after which nothing is missing here, but for what was dropped.
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

    /// Forgets the oldest messages that no output waits for.
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

/// A message with its place in the spool.
package struct SpooledMessage: Equatable, Sendable {
    /// The place in the order of sending; grows by one a message, and survives a change of `_instance`.
    package let position: Int64
    package let kind: Event.Kind
    /// When it was appended, in milliseconds by the spool's clock.
    package let time: Int64
    /// The complete JSON object, without a terminator.
    package let body: [UInt8]

    package init(position: Int64, kind: Event.Kind, time: Int64, body: [UInt8]) {
        self.position = position
        self.kind = kind
        self.time = time
        self.body = body
    }
}

/// Whose numbers the messages carry.
package struct SpoolIdentity: Equatable, Sendable {
    /// `_instance`: 128 random bits in hexadecimal.
    package let instance: String
    /// The last `_sequence` given under this instance.
    package private(set) var sequence: Int64

    package init(instance: String, sequence: Int64) {
        self.instance = instance
        self.sequence = sequence
    }

    /// An identity that no spool has had before.
    package static func new() -> SpoolIdentity {
        var generator = SystemRandomNumberGenerator()
        let halves = (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return SpoolIdentity(instance: halves.joined(), sequence: 0)
    }

    /// Gives a message the next number.
    mutating func number(_ message: Message) -> [UInt8] {
        sequence += 1
        return message.numbered(instance: instance, sequence: Int(sequence))
    }
}

/// One moment by every clock that the spool knows. The database keeps one for the next process.
package struct SpoolMoment: Equatable, Sendable {
    /// The boot that `instant` belongs to; nil when it is unknown.
    package let boot: String?
    /// The monotonic clock.
    package let instant: Instant
    /// The spool's clock.
    package let time: Timestamp
    /// The civil clock.
    package let civil: Timestamp

    package init(boot: String?, instant: Instant, time: Timestamp, civil: Timestamp) {
        self.boot = boot
        self.instant = instant
        self.time = time
        self.civil = civil
    }
}

/// The time by which spooled messages grow old. It runs with the monotonic clock, which cannot be set.
///
///     first start ── civil clock
///     same boot   ── the noted moment, and the time that the monotonic clock has counted since
///     other boot  ── the newest time that is known: how long the machine was down is unknown, and does not count
///
/// A civil clock that is set, while hsmwatch runs or before it starts, makes no message older or younger. Where the age
/// is in doubt, messages are kept.
struct SpoolClock {
    /// The distance of the moments that are noted for the next process: each costs a commit one more page.
    static let noteInterval = Duration.seconds(1)

    private let boot: String?
    private let now: () -> Moment
    private var start: Moment
    /// A moment at most `noteInterval` before the last call of `note`.
    private(set) var noted: SpoolMoment

    /// - Parameters:
    ///   - now: both clocks of the machine.
    ///   - boot: the boot that the monotonic clock belongs to; nil when it is unknown.
    ///   - noted: the moment that an earlier process has noted.
    ///   - newest: the time of the newest message. The clock is never behind it.
    init(_ now: @escaping () -> Moment, boot: String?, noted: SpoolMoment?, newest: Timestamp?) {
        self.now = now
        self.boot = boot
        let present = now()
        start = present
        self.noted = SpoolMoment(
            boot: boot, instant: present.instant, time: present.timestamp, civil: present.timestamp)
        resume(noted: noted, newest: newest)
    }

    var time: Timestamp { time(at: now().instant) }

    /// Goes on where an earlier process has stopped. Answers how far that has moved the clock, in milliseconds.
    @discardableResult
    mutating func resume(noted earlier: SpoolMoment?, newest: Timestamp?) -> Int64 {
        let now = now()
        let before = time(at: now.instant)
        let known = [earlier.flatMap { time(at: now.instant, since: $0) }, earlier?.time, newest].compactMap { $0 }
        start = Moment(instant: now.instant, timestamp: known.max() ?? before)
        noted = moment(at: now)
        return start.timestamp.milliseconds - before.milliseconds
    }

    /// Notes the present moment, unless the one that is noted is recent.
    mutating func note() {
        let now = now()
        if now.instant - noted.instant >= Self.noteInterval { noted = moment(at: now) }
    }

    private func moment(at now: Moment) -> SpoolMoment {
        SpoolMoment(boot: boot, instant: now.instant, time: time(at: now.instant), civil: now.timestamp)
    }

    private func time(at instant: Instant) -> Timestamp {
        Self.time(start.timestamp, after: instant - start.instant)
    }

    /// The time now by what an earlier process of the same boot has noted; nil when it was another boot, or may have
    /// been.
    private func time(at instant: Instant, since earlier: SpoolMoment) -> Timestamp? {
        // A machine that is set back to a snapshot has the same boot, and an earlier instant.
        guard let boot, earlier.boot == boot, earlier.instant <= instant else { return nil }
        return Self.time(earlier.time, after: instant - earlier.instant)
    }

    private static func time(_ time: Timestamp, after duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }
}
