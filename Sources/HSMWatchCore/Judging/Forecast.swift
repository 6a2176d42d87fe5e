// SPDX-License-Identifier: Apache-2.0

/// How long the sockets of an HSM last at the rate at which they fall: an opinion, held only while they do.
package struct Forecast: Hashable, Sendable {
    /// Nothing farther away is said, nor can `warn_within` be longer: no load falls for a day as it did in a window.
    static let horizon = ConfigurationLimits.forecastWarnWithin.upperBound

    /// Until available reaches the critical threshold, in whole seconds; nil without a threshold, below it, and beyond
    /// the horizon.
    package let untilCritical: Duration?
    /// Until no socket is available, in whole seconds; nil when none is, and beyond the horizon.
    package let untilExhaustion: Duration?
    /// Whether it looks like a leak: the sockets fall through the whole window, to fewer than in the days before.
    package let isLeak: Bool

    /// Nil when there is nothing to say.
    package init?(untilCritical: Duration?, untilExhaustion: Duration?, isLeak: Bool = true) {
        guard untilCritical != nil || untilExhaustion != nil else { return nil }
        self.untilCritical = untilCritical
        self.untilExhaustion = untilExhaustion
        self.isLeak = isLeak
    }

    /// Whether the critical threshold, or where there is none the last socket, is reached within `limit`.
    func isWithin(_ limit: Duration) -> Bool {
        (untilCritical ?? untilExhaustion).map { $0 <= limit } ?? false
    }
}

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
/// some 10 MiB. The line is fitted when a slot ends, not at every reading: 10 to 20 µs each time, so half a microsecond
/// a reading for a window of 15 minutes and an interval of 1 s. In between a reading is only compared with it.
///
/// A warning needs more (`Forecast.isLeak`): the decline fills the window, and leads to fewer sockets than were
/// available at any time of the past days when nothing was wrong (`UsualLow`). So load that comes every day or hour
/// warns of nothing once it has been seen.
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

/// The straight line through the points of a forecast's window, by Siegel's repeated median (Biometrika 69, 1982).
///
/// Each point has the median of its slopes to all others, and the median of these is the line's slope. Like Theil–Sen
/// it needs no tuning, finds an exact line exactly, and knows nothing of the noise. But it holds until half of the
/// points are wild, where Theil–Sen gives way at 29 %: a leak shows as soon as it fills half of the window, not 71 % of
/// it, and a line that has ended is not bent by what came after. Davies, Fried and Gather (Robust signal extraction for
/// on-line monitoring data, 2004) recommend it for watching patients for the same reasons. It takes time that grows
/// with the square of the points, which are few.
struct RobustLine: Sendable {
    /// Sockets a second.
    let slope: Double
    /// How far the points lie from the line, in sockets: the median of the distances.
    let scatter: Double
    private let origin: Instant
    private let levelAtOrigin: Double

    /// The points, of which there are at least two, follow each other in time, never two at once.
    init(through points: [ReadingSlot.Point]) {
        let origin = points[0].instant
        let seconds = points.map { ($0.instant - origin).inSeconds }
        var slopes: [Double] = []
        slopes.reserveCapacity(points.count)
        let medians = points.indices.map { index in
            slopes.removeAll(keepingCapacity: true)
            for other in points.indices where other != index {
                slopes.append((points[other].available - points[index].available) / (seconds[other] - seconds[index]))
            }
            slopes.sort()
            return slopes.middle
        }
        let slope = medians.sorted().middle
        let levels = zip(points, seconds).map { $0.available - slope * $1 }
        let level = levels.sorted().middle
        self.slope = slope
        self.origin = origin
        levelAtOrigin = level
        scatter = levels.map { abs($0 - level) }.sorted().middle
    }

    /// Available sockets by the line.
    func level(at instant: Instant) -> Double {
        levelAtOrigin + slope * (instant - origin).inSeconds
    }
}

extension Duration {
    /// The duration in seconds, with decimals.
    var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}

extension [Double] {
    /// The median of a sorted array, which is not empty.
    var middle: Double { (self[(count - 1) / 2] + self[count / 2]) / 2 }
}

/// How the points of a forecast's window fall: what tells a decline from noise, and from steps.
struct Decline: Sendable {
    /// What must be met to speak of a decline. To go on speaking of it takes less than to begin, so that one at the
    /// limit does not come and go.
    struct Demands: Sendable {
        /// The points' scatter around the line, as a part of its fall, at most. With noise alone the fall would have to
        /// exceed eight of its standard errors; what bends, as a load that has stopped growing does, fails too, and so
        /// do three clients that come one by one: whole numbers scatter by a quarter of a socket around any slow line.
        let scatter: Double
        /// How much steeper than the line any stretch may be: a fall that happens in one or two steps has no rate.
        let steepness: Double

        static let toBegin = Demands(scatter: 0.06, steepness: 2)
        static let toStay = Demands(scatter: 0.1, steepness: 3)
    }

    /// Parts of the window that are compared with each other.
    private static let parts = 4
    /// How steep the fall from each part to the next must be at least, as a share of the line.
    private static let leastShare = 0.75

    /// Whether it goes on through all of the points, from the first part of them to the last: not for a leak that has
    /// begun in the middle of the window, nor for load that grows less and less.
    let isSteady: Bool
    /// Sockets from the first point to the last, by the line.
    let fall: Double
    private let scatter: Double
    private let steepness: Double

    /// What `points`, of which there are at least seven, and the line through them show.
    init(of points: [ReadingSlot.Point], along line: RobustLine) {
        fall = -line.slope * (points[points.count - 1].instant - points[0].instant).inSeconds
        scatter = line.scatter
        isSteady = Self.isSteady(points, along: line)
        steepness = Self.steepness(of: points, along: line)
    }

    func meets(_ demands: Demands) -> Bool {
        scatter <= demands.scatter * fall && steepness <= demands.steepness
    }

    private static func isSteady(_ points: [ReadingSlot.Point], along line: RobustLine) -> Bool {
        let size = points.count / parts
        let groups = (0..<parts).map { part in
            points[(part * size)..<(part == parts - 1 ? points.count : (part + 1) * size)]
        }
        let levels = groups.map { $0.map(\.available).sorted().middle }
        let instants = groups.map { $0[$0.startIndex + $0.count / 2].instant }
        return (1..<parts).allSatisfy { part in
            let expected = -line.slope * (instants[part] - instants[part - 1]).inSeconds
            return levels[part - 1] - levels[part] >= leastShare * expected
        }
    }

    /// The steepest stretch between three neighbouring points and the next three, whose medians no wild one moves.
    ///
    /// One socket is not counted: available is a whole number, and even the slowest decline goes in steps of one.
    private static func steepness(of points: [ReadingSlot.Point], along line: RobustLine) -> Double {
        guard line.slope < 0 else { return .infinity }
        var steepest = 0.0
        for first in 0...(points.count - 6) {
            let fall = middle(of: points, at: first + 1) - middle(of: points, at: first + 4)
            let expected = -line.slope * (points[first + 4].instant - points[first + 1].instant).inSeconds
            steepest = max(steepest, (fall - 1) / expected)
        }
        return steepest
    }

    /// The median of the point at `index` and its neighbours.
    private static func middle(of points: [ReadingSlot.Point], at index: Int) -> Double {
        let (before, here, after) = (points[index - 1].available, points[index].available, points[index + 1].available)
        return max(min(before, here), min(max(before, here), after))
    }
}

/// The lowest level of the past days at which nothing was wrong: load falls to it and rises again, a leak goes below
/// it.
///
/// It keeps one level for each day, as far back as `days`: a week has its own peaks. So it takes some 100 bytes.
struct UsualLow: Sendable {
    private struct Day: Sendable {
        let number: Int32
        var low: Float
    }

    /// Days that are remembered, today among them.
    static let days = 8
    private static let length: Int64 = 86_400_000_000_000

    /// Oldest first.
    private var past: [Day] = []

    /// Takes in a level; instants never fall by more than a window.
    mutating func note(_ available: Double, at instant: Instant) {
        let number = Self.number(of: instant)
        past.removeAll { $0.number <= number - Int32(Self.days) }
        if let index = past.firstIndex(where: { $0.number == number }) {
            past[index].low = min(past[index].low, Float(available))
        } else {
            past.append(Day(number: number, low: Float(available)))
        }
    }

    /// Whether `level` is lower than every level of the days before; also when there is none.
    func isAbove(_ level: Double) -> Bool {
        past.allSatisfy { level < Double($0.low) }
    }

    private static func number(of instant: Instant) -> Int32 {
        Int32(clamping: instant.nanoseconds / length)
    }
}
