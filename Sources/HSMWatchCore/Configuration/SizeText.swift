// SPDX-License-Identifier: Apache-2.0

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
