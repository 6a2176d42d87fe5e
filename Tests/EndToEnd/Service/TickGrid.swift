// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// When readings were asked for, compared with ticks that are whole intervals apart. All times in milliseconds.
struct TickGrid {
    /// How much later than its tick each reading was asked for, in the order of the readings of each HSM.
    private(set) var lateness: [[Double]] = []
    /// Ticks of which no reading came, between others of which one came.
    private(set) var skipped = 0

    /// Civil time comes in whole milliseconds, and a timer may be early by one.
    private static let tolerance = 5.0

    init(_ readings: [StoredMessage], interval: Double) {
        for (_, ofOne) in Dictionary(grouping: readings, by: { $0.string("hsm_name") }) {
            let asked = ofOne.compactMap { reading in
                reading.decimal("latency_ms").map { Double(reading.timestamp.milliseconds) - $0 }
            }
            let places = { (tick: Double) in asked.map { Self.place(of: $0, since: tick, interval) } }
            // The punctual one among the first shows where the ticks lie: beside it, the others are the least late.
            let first = asked.prefix(asked.count / 2 + 1).map(places).min { $0.lateness < $1.lateness } ?? []
            lateness.append(first.map(\.lateness))
            skipped += (first.last?.tick ?? 0) - (first.first?.tick ?? 0) + 1 - first.count
        }
    }

    /// Each HSM's median lateness, the greatest of them; infinite without any.
    ///
    /// A machine that is busy delays now this reading and now that. What an HSM does to others, it does at each tick.
    var typical: Double {
        lateness.map { $0.isEmpty ? .infinity : $0.sorted()[$0.count / 2] }.max() ?? .infinity
    }

    /// The number of the tick that `time` belongs to, and how much later than that it is.
    private static func place(of time: Double, since first: Double, _ interval: Double) -> Place {
        let tick = ((time - first + tolerance) / interval).rounded(.down)
        return Place(tick: Int(tick), lateness: time - first - tick * interval)
    }
}

/// Where a reading lies among the ticks.
private struct Place {
    let tick: Int
    let lateness: Double
}

extension [Place] {
    /// The lateness of all.
    fileprivate var lateness: Double { reduce(0) { $0 + $1.lateness } }
}
