// SPDX-License-Identifier: Apache-2.0

/// A number of sockets, drawn.
enum Gauge {
    /// From a little to all of a column's width (U+258F to U+2589).
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// From a little to all of a line's height (U+2581 to U+2588).
    private static let heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let empty = "░"
    /// A probe without a reading.
    private static let failed = "×"

    /// A bar of so many columns, filled by the share of `part` in `total`. It is empty only for nothing, and full only
    /// for all.
    static func bar(_ part: Int, of total: Int, width: Int) -> String {
        let steps = width * eighths.count
        var filled = Int((share(part, of: total) * Double(steps)).rounded())
        if part > 0 { filled = max(1, filled) }
        if part < total { filled = min(steps - 1, filled) }
        let (whole, rest) = filled.quotientAndRemainder(dividingBy: eighths.count)
        let drawn = String(repeating: "█", count: whole) + eighths[rest]
        return drawn + String(repeating: empty, count: width - whole - (rest > 0 ? 1 : 0))
    }

    /// The last readings, oldest first, one a column: from nothing to `total`. Right-aligned in so many columns.
    static func sparkline(_ readings: [Int?], of total: Int, width: Int) -> String {
        let drawn = readings.suffix(width).map { reading in
            guard let reading else { return failed }
            return heights[min(heights.count - 1, Int(share(reading, of: total) * Double(heights.count)))]
        }
        return String(repeating: " ", count: width - drawn.count) + drawn.joined()
    }

    private static func share(_ part: Int, of total: Int) -> Double {
        total > 0 ? min(1, max(0, Double(part) / Double(total))) : 0
    }
}
