// SPDX-License-Identifier: Apache-2.0

/// When each target is due next: ticks that neither drift nor pile up.
///
/// First ticks are spread over the interval by a hash of the target's name, so that many HSMs are not asked in the same
/// instant and a restart finds the same places. A target's ticks stay whole intervals apart; those that a busy process
/// could serve in time (the process was stopped, the machine slept) are counted, not made up for.
package struct Schedule: Sendable {
    /// First ticks are rounded down to this, so that one wake-up of the timer serves many targets.
    package static let resolution = Duration.milliseconds(5)

    /// One target is due.
    package struct Tick: Hashable, Sendable {
        /// What `add` answered for the target.
        package let target: Int
        /// When the tick was due.
        package let due: Instant
        /// Ticks that had passed by before this one.
        package let missed: Int
    }

    private struct Entry {
        let target: Int
        let interval: Duration
        var due: Instant
    }

    /// A binary heap: the entry due first is at the top.
    private var heap: [Entry] = []
    private var added = 0

    package init() {}

    /// When the next target is due; nil without targets.
    package var deadline: Instant? { heap.first?.due }

    /// Adds a target and answers its number: 0 for the first, then 1 and so on, none twice.
    package mutating func add(name: String, interval: Duration, at now: Instant) -> Int {
        add(interval: interval, first: now + Self.splay(of: name, over: interval))
    }

    /// Adds a target with a fixed first tick; answers its number likewise.
    package mutating func add(interval: Duration, first: Instant) -> Int {
        defer { added += 1 }
        heap.append(Entry(target: added, interval: interval, due: first))
        siftUp(from: heap.count - 1)
        return added
    }

    /// Takes targets out, all at once: it costs as much as to add everything that stays.
    package mutating func remove(_ targets: Set<Int>) {
        let rest = heap.filter { !targets.contains($0.target) }
        heap.removeAll(keepingCapacity: true)
        for entry in rest {
            heap.append(entry)
            siftUp(from: heap.count - 1)
        }
    }

    /// Takes the next target that is due by now.
    package mutating func next(at now: Instant) -> Tick? {
        guard let entry = heap.first, entry.due <= now else { return nil }
        let interval = entry.interval.wholeNanoseconds
        let missed = (now.nanoseconds - entry.due.nanoseconds) / interval
        let due = Instant(nanoseconds: entry.due.nanoseconds + missed * interval)
        heap[0].due = due + entry.interval
        siftDownTop()
        return Tick(target: entry.target, due: due, missed: Int(missed))
    }

    /// The distance of a target's first tick from the start: at least zero, below the interval.
    package static func splay(of name: String, over interval: Duration) -> Duration {
        let place = UInt64(interval.wholeNanoseconds)
        let offset = Int64(StableHash.of(name) % place)
        return .nanoseconds(offset - offset % resolution.wholeNanoseconds)
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDownTop() {
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].due < heap[first].due
            {
                first = child
            }
            guard first != parent else { return }
            heap.swapAt(parent, first)
            parent = first
        }
    }
}

/// A hash that is the same in every process: Swift's own hashes differ from run to run.
package enum StableHash {
    /// FNV-1a (64 bits), mixed once more so that texts that differ in their last digit are far apart too.
    package static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ (hash >> 33)
    }
}
