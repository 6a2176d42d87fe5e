// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text without blanks and control characters at its ends: Java's `trim`.
    var trimmed: String {
        let isKept: (Unicode.Scalar) -> Bool = { $0.value > 0x20 }
        guard let first = unicodeScalars.firstIndex(where: isKept), let last = unicodeScalars.lastIndex(where: isKept)
        else { return "" }
        return String(unicodeScalars[first...last])
    }

    /// Whether it has nothing but white space.
    var isBlank: Bool {
        unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}
