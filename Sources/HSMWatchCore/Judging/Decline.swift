// SPDX-License-Identifier: Apache-2.0

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

    private let fall: Double
    private let scatter: Double
    private let steepness: Double

    /// What `points`, of which there are at least seven, and the line through them show.
    init(of points: [ReadingSlot.Point], along line: RobustLine) {
        fall = -line.slope * (points[points.count - 1].instant - points[0].instant).inSeconds
        scatter = line.scatter
        steepness = Self.steepness(of: points, along: line)
    }

    func meets(_ demands: Demands) -> Bool {
        scatter <= demands.scatter * fall && steepness <= demands.steepness
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
