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
        if let hidden = firstHidden(in: Array(scalars)) {
            throw InvalidText(
                "\(text.quoted) has the invisible character \(hidden.codePoint); allowed: visible text and spaces")
        }
        return text
    }

    /// The first hidden character. A joiner inside an emoji is none: it makes one picture of two.
    private static func firstHidden(in scalars: [Unicode.Scalar]) -> Unicode.Scalar? {
        for (index, scalar) in scalars.enumerated() where scalar.isHidden {
            let joinsPictures =
                scalar == joiner && index > 0 && index + 1 < scalars.count
                && (scalars[index - 1].isPicture || scalars[index - 1].properties.isVariationSelector)
                && scalars[index + 1].isPicture
            if !joinsPictures { return scalar }
        }
        return nil
    }

    /// ZERO WIDTH JOINER.
    private static let joiner: Unicode.Scalar = "\u{200D}"

    /// The text with every hidden character as its code point, for text that cannot be refused.
    package static func shown(_ text: String) -> String {
        text.replacingScalars { $0.isHidden ? $0.escaped(asASCII: true) : nil }
    }
}

extension Unicode.Scalar {
    /// Whether it is an emoji, or what changes the skin of one; not a digit, which can be a part of one.
    fileprivate var isPicture: Bool { value > 0x7F && properties.isEmoji }
}
