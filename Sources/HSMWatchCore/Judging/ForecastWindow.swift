// SPDX-License-Identifier: Apache-2.0

/// The readings of the past that a forecast rests on, and what they foresee; one HSM and query port.
///
/// ```
///  reading ─▶ slot ── a reading of a later slot ──▶ point ─▶ line ─▶ falling?
///     └──────────────── near the line ────────────────────────────────┴──▶ forecast
///  begins anew: another total, or two points in a row above the line (sockets were freed, e.g. by a restart)
/// ```
///
/// The window is divided into `slotCount` slots, and of the readings of each only their median is kept, as one point.
/// That takes less than 1 KiB however long the window and however short the interval are; ten thousand HSMs need
/// some 10 MiB. The line is fitted when a slot ends, not at every reading: 10 to 20 µs each time, so half a microsecond a
/// reading for a window of 15 minutes and an interval of 1 s. In between a reading is only compared with it.
///
/// A warning needs more (`Forecast.isLeak`): the decline fills the window, and leads to fewer sockets than were available
/// at any time of the past days when nothing was wrong (`UsualLow`). So load that comes every day or hour warns of nothing
/// once it has been seen.
///
/// It says nothing rather than something false: nothing before half of the slots have a point, nothing while the points
/// scatter or fall in steps (`Decline`), nothing while a reading lies above the line. So a forecast comes after some
/// half a window of falling, and ends soon after the falling does. Failures leave gaps, through which a line may go.
package struct ForecastWindow: Sendable {
    /// Enough points for a steady median of slopes, and few enough to fit a line quickly.
    static let slotCount = 24
    /// A forecast needs as many points: half of the window.
    static let fewestPoints = slotCount / 2
    /// A decline fills the window when its oldest point is as many slots ago: the one before may just have left it.
    private static let fullWindow = slotCount - 2
    /// How far below the usual low a leak leads, as a part of its fall: noise does not.
    private static let clearance = 0.25
    /// A line needs as many to stand a wild one.
    private static let fewestPointsOfLine = 5

    private var length: Duration
    private var slotLength: Int64
    private var slot = ReadingSlot()
    private var points: [ReadingSlot.Point] = []
    private var line: RobustLine?
    /// How far from the line a reading belongs to it, in sockets; about four standard deviations of the readings.
    private var tolerance = 0.0
    private var isFalling = false
    /// Whether the decline fills the window and leads below what is usual.
    private var isLeak = false
    private var last: Reading?
    /// What the points were that have left the window.
    private var usualLow = UsualLow()

    /// `length` is the past whose readings count.
    package init(length: Duration) {
        self.length = length
        slotLength = max(1, length.wholeNanoseconds / Int64(Self.slotCount))
    }

    /// Takes in the next reading; instants never fall.
    ///
    /// - Parameters:
    ///   - critical: the threshold in sockets; nil or 0 without one.
    ///   - isUsual: whether nothing is wrong, so that this is a level from which nothing follows.
    package mutating func add(
        _ reading: Reading, at instant: Instant, critical: Int?, isUsual: Bool = true
    ) -> Forecast? {
        if reading.total != last?.total { beginAnew() }
        let number = instant.nanoseconds / slotLength
        if slot.number != number {
            endSlot(at: instant)
            slot.begin(number)
        }
        slot.add(reading.available, at: instant, isUsual: isUsual)
        defer { last = reading }
        return forecast(from: reading, at: instant, critical: critical)
    }

    /// Looks at a past of another length from now on. Points that come to lie in one slot become one; the slot that was
    /// not over is left out.
    package mutating func change(length: Duration) {
        guard length != self.length else { return }
        var changed = ForecastWindow(length: length)
        var group: [ReadingSlot.Point] = []
        for point in points {
            if let first = group.first, !changed.isOneSlot(first, point) {
                changed.points.append(Self.merged(group))
                group = []
            }
            group.append(point)
        }
        if !group.isEmpty { changed.points.append(Self.merged(group)) }
        changed.last = last
        changed.usualLow = usualLow
        self = changed
    }

    private func isOneSlot(_ first: ReadingSlot.Point, _ second: ReadingSlot.Point) -> Bool {
        first.instant.nanoseconds / slotLength == second.instant.nanoseconds / slotLength
    }

    /// One point for several neighbours, of which there is one at least.
    private static func merged(_ points: [ReadingSlot.Point]) -> ReadingSlot.Point {
        let (left, right) = (points[(points.count - 1) / 2].instant, points[points.count / 2].instant)
        return ReadingSlot.Point(
            instant: left + (right - left) / 2, available: points.map(\.available).sorted().middle,
            scatter: Float(points.map { Double($0.scatter) }.sorted().middle), isUsual: points.allSatisfy(\.isUsual))
    }

    private func forecast(from reading: Reading, at instant: Instant, critical: Int?) -> Forecast? {
        guard isFalling, let line else { return nil }
        let expected = line.level(at: instant)
        guard Double(reading.available) <= expected + tolerance else { return nil }
        // Two readings in a row below the line are believed, one is not.
        let seen = max(reading.available, last?.available ?? reading.available)
        let level = min(expected, Double(seen) + tolerance)
        func until(_ threshold: Int, isReached: Bool) -> Duration? {
            guard !isReached else { return nil }
            let seconds = max(0, (level - Double(threshold)) / -line.slope)
            return seconds <= Forecast.horizon.inSeconds ? .seconds(Int64(seconds + 0.5)) : nil
        }
        return Forecast(
            untilCritical: critical.flatMap { until($0, isReached: reading.available < $0 || $0 == 0) },
            untilExhaustion: until(0, isReached: reading.available == 0),
            isLeak: isLeak
        )
    }

    /// Keeps the point of the slot that is over, and fits the line to what is now the window.
    private mutating func endSlot(at instant: Instant) {
        if let point = slot.point { points.append(point) }
        let oldest = instant - length
        forget(points.count { $0.instant < oldest })
        if let line, hasRisen(above: line) {
            forget(points.count - 2)
            isFalling = false
        }
        guard points.count >= Self.fewestPointsOfLine else {
            line = nil
            isFalling = false
            return
        }
        let line = RobustLine(through: points)
        self.line = line
        // The interquartile range of noise is 1.35, the median of its distances 0.67 standard deviations.
        tolerance = 1 + 2 * points.map { Double($0.scatter) }.sorted().middle + 4 * line.scatter
        guard points.count >= Self.fewestPoints else {
            isFalling = false
            return
        }
        let decline = Decline(of: points, along: line)
        isFalling = decline.meets(isFalling ? .toStay : .toBegin)
        let newest = points.suffix(2).map(\.available).max() ?? 0
        isLeak =
            decline.isSteady && fillsWindow(at: instant) && usualLow.isAbove(newest + Self.clearance * decline.fall)
    }

    /// Takes the oldest points out of the window.
    private mutating func forget(_ count: Int) {
        for point in points.prefix(count) where point.isUsual { usualLow.note(point.available, at: point.instant) }
        points.removeFirst(count)
    }

    private func fillsWindow(at instant: Instant) -> Bool {
        points.first.map { (instant - $0.instant).wholeNanoseconds >= Int64(Self.fullWindow) * slotLength } ?? false
    }

    /// Whether the newest two points lie above what the points before let expect; one alone may be wild.
    private func hasRisen(above line: RobustLine) -> Bool {
        points.count > 2 && points.suffix(2).allSatisfy { $0.available > line.level(at: $0.instant) + tolerance }
    }

    private mutating func beginAnew() {
        slot.begin(nil)
        points = []
        usualLow = UsualLow()
        line = nil
        isFalling = false
    }
}
