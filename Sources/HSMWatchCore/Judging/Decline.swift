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

    /// Parts of the window that are compared with each other.
    private static let parts = 4
    /// How steep the fall from each part to the next must be at least, as a share of the line.
    private static let leastShare = 0.75

    /// Whether it goes on through all of the points, from the first part of them to the last: not for a leak that has begun
    /// in the middle of the window, nor for load that grows less and less.
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
