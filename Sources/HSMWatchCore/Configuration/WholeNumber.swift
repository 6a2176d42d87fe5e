// SPDX-License-Identifier: Apache-2.0

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
