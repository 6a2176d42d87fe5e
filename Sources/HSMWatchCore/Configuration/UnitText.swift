// SPDX-License-Identifier: Apache-2.0

/// Whole numbers with a unit, such as `5s` and `256MiB`.
enum UnitText {
    /// Units with what one of them counts in the smallest, largest first.
    typealias Units = [(name: String, size: Int)]

    /// Reads a number directly followed by one of `units`; nil when `text` is anything else or does not fit an `Int`.
    static func parse(_ text: String, units: Units) -> Int? {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        // Byte by byte: the sign of the unit kelvin is equal to a K, but nobody else reads it so.
        let name = text[number.endIndex...].utf8
        guard let count = WholeNumber.parse(number),
            let unit = units.first(where: { $0.name.utf8.elementsEqual(name) })
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.size)
        return overflow ? nil : product
    }

    /// Writes `count`, in the smallest unit, in the largest one that says it exactly.
    static func format(_ count: Int, units: Units) -> String {
        guard let unit = units.first(where: { count.isMultiple(of: $0.size) }) else { return "\(count)" }
        return "\(count / unit.size)\(unit.name)"
    }
}

/// A number as people write one in a configuration: ASCII digits, no sign, no leading zero, at most ten digits.
package enum WholeNumber {
    /// Digits of the largest number; what an HSM's reply can hold, and no sum or product of two overflows `Int`.
    private static let maxDigits = 10

    /// The number, or nil when `text` is anything else.
    package static func parse(_ text: some StringProtocol) -> Int? {
        guard (1...maxDigits).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            text == "0" || text.utf8.first != UInt8(ascii: "0")
        else { return nil }
        return Int(text)
    }
}

/// Durations as people write them: `100ms 5s 2m 1h 1d`.
package enum DurationText {
    private static let units: UnitText.Units = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// The duration, which must be within `range`.
    package static func parse(
        _ text: String, in range: ClosedRange<Duration> = ConfigurationLimits.anyDuration
    ) throws(InvalidText) -> Duration {
        guard let milliseconds = UnitText.parse(text, units: units) else {
            let problem = WholeNumber.parse(text) == nil ? "is not a duration" : "has no unit"
            throw InvalidText("\(text.quoted) \(problem); allowed: a whole number with ms, s, m, h or d, e.g. 5s")
        }
        let duration = Duration.milliseconds(milliseconds)
        guard range.contains(duration) else {
            let allowed = "\(format(range.lowerBound)) … \(format(range.upperBound))"
            throw InvalidText("\(text) is out of range; allowed: \(allowed)")
        }
        return duration
    }

    /// The duration in the largest unit that says it exactly, cut to milliseconds.
    package static func format(_ duration: Duration) -> String {
        UnitText.format(Int(duration.wholeMilliseconds), units: units)
    }
}

/// Sizes as people write them: `64KiB 256MiB 1GiB`.
package enum SizeText {
    private static let bytesPerKiB = 1024
    /// In KiB, the smallest that can be written.
    private static let units: UnitText.Units = [("GiB", 1 << 20), ("MiB", 1 << 10), ("KiB", 1)]

    /// The size in bytes, which must be within `range`.
    package static func parse(_ text: String, in range: ClosedRange<Int>) throws(InvalidText) -> Int {
        guard let kib = UnitText.parse(text, units: units) else {
            let problem = WholeNumber.parse(text) == nil ? "is not a size" : "has no unit"
            throw InvalidText("\(text.quoted) \(problem); allowed: a whole number with KiB, MiB or GiB, e.g. 256MiB")
        }
        let (bytes, overflow) = kib.multipliedReportingOverflow(by: bytesPerKiB)
        guard !overflow, range.contains(bytes) else {
            let allowed = "\(format(range.lowerBound)) … \(format(range.upperBound))"
            throw InvalidText("\(text) is out of range; allowed: \(allowed)")
        }
        return bytes
    }

    /// The size in the largest unit that says it exactly, cut to KiB.
    package static func format(_ bytes: Int) -> String {
        UnitText.format(bytes / bytesPerKiB, units: units)
    }
}
