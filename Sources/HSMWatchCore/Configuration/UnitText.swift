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
