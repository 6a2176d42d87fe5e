// SPDX-License-Identifier: Apache-2.0

/// Free text that can be read wherever it is shown: not blank, no control characters.
enum VisibleText {
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
        return text
    }
}
