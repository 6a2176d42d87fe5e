// SPDX-License-Identifier: Apache-2.0

/// Free text that can be read wherever it is shown: not blank, without control characters and invisible ones.
package enum VisibleText {
    /// `text` itself, if it has at most `maxLength` Unicode scalars.
    static func check(_ text: String, maxLength: Int) throws(InvalidText) -> String {
        let scalars = text.unicodeScalars
        guard !scalars.allSatisfy(\.properties.isWhitespace) else {
            throw InvalidText("is blank; allowed: text of 1 … \(maxLength) characters")
        }
        guard scalars.count <= maxLength else {
            throw InvalidText("has \(scalars.count) characters; allowed: 1 … \(maxLength)")
        }
        guard !scalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw InvalidText("\(text.quoted) has a control character; allowed: visible text and spaces")
        }
        if let hidden = scalars.first(where: \.isHidden) {
            throw InvalidText(
                "\(text.quoted) has the invisible character \(hidden.codePoint); allowed: visible text and spaces")
        }
        return text
    }

    /// The text with every hidden character as its code point, for text that cannot be refused.
    package static func shown(_ text: String) -> String {
        text.replacingScalars { $0.isHidden ? $0.escaped(asASCII: true) : nil }
    }
}
