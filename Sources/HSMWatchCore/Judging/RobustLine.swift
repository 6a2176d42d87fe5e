// SPDX-License-Identifier: Apache-2.0

/// The straight line through the points of a forecast's window, by Siegel's repeated median (Biometrika 69, 1982).
///
/// Each point has the median of its slopes to all others, and the median of these is the line's slope. Like Theil–Sen it
/// needs no tuning, finds an exact line exactly, and knows nothing of the noise. But it holds until half of the points
/// are wild, where Theil–Sen gives way at 29 %: a leak shows as soon as it fills half of the window, not 71 % of it, and
/// a line that has ended is not bent by what came after. Davies, Fried and Gather (Robust signal extraction for on-line
/// monitoring data, 2004) recommend it for watching patients for the same reasons. It takes time that grows with the
/// square of the points, which are few.
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
