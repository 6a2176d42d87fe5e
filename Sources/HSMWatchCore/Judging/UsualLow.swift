// SPDX-License-Identifier: Apache-2.0

/// The lowest level of the past days at which nothing was wrong: load falls to it and rises again, a leak goes below it.
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
