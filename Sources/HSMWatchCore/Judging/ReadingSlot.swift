// SPDX-License-Identifier: Apache-2.0

/// The readings of one slot of a forecast's window, of which one point is kept.
///
/// It holds at most `capacity` readings: when it is full it forgets every second one and from then on skips as many
/// more, so that those it holds lie evenly over the slot however many come. As long as most of them are right, wild
/// ones do not carry the median away.
struct ReadingSlot: Sendable {
    /// Where the readings of a slot lay.
    struct Point: Hashable, Sendable {
        /// The middle of the readings in time.
        let instant: Instant
        /// The median of available.
        let available: Double
        /// How far available scatters within the slot: its interquartile range.
        let scatter: Float
        /// Whether nothing was wrong at each of the readings.
        let isUsual: Bool
    }

    private struct Held: Sendable {
        let instant: Instant
        let available: Int
    }

    /// Readings held at most.
    static let capacity = 16

    /// Which slot it is, counted on the monotonic clock.
    private(set) var number: Int64?
    private var held: [Held] = []
    /// One reading of so many is held.
    private var stride = 1
    /// Readings to come that are not held.
    private var skipping = 0
    private var isUsual = true

    /// Forgets everything and becomes another slot.
    mutating func begin(_ number: Int64?) {
        self.number = number
        held.removeAll(keepingCapacity: true)
        stride = 1
        skipping = 0
        isUsual = true
    }

    /// `isUsual` is whether nothing is wrong.
    mutating func add(_ available: Int, at instant: Instant, isUsual: Bool) {
        self.isUsual = self.isUsual && isUsual
        guard skipping == 0 else {
            skipping -= 1
            return
        }
        if held.count == Self.capacity { thinOut() }
        held.append(Held(instant: instant, available: available))
        skipping = stride - 1
    }

    /// What is kept of the slot; nil without a reading.
    ///
    /// The median in time goes with the median of available, so that the point of a straight line lies on it even if
    /// readings are missing.
    var point: Point? {
        guard !held.isEmpty else { return nil }
        let (left, right) = (held[(held.count - 1) / 2].instant, held[held.count / 2].instant)
        let available = held.map { Double($0.available) }.sorted()
        let quarter = available.count / 4
        return Point(
            instant: left + (right - left) / 2,
            available: available.middle,
            scatter: Float(available[available.count - 1 - quarter] - available[quarter]), isUsual: isUsual
        )
    }

    private mutating func thinOut() {
        held = Swift.stride(from: 0, to: held.count, by: 2).map { held[$0] }
        stride *= 2
    }
}
