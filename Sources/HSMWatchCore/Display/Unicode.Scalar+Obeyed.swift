// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether a terminal would obey it instead of showing it: what moves a cursor, ends a line or turns the writing
    /// direction.
    package var isObeyed: Bool {
        // Nearly everything is ASCII, and looking a property up takes a while.
        if value < 0x7F { return value < 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// Whether it leaves no trace where text is shown: what a terminal would obey, and fillers without a glyph
    /// (`Default_Ignorable_Code_Point`). A variation selector is none of them: it gives an emoji its look.
    package var isHidden: Bool {
        if value < 0x7F { return value < 0x20 }
        return isObeyed || (properties.isDefaultIgnorableCodePoint && !properties.isVariationSelector)
    }

    /// Whether a reader misses it or takes it for a space: hidden scalars, selectors, and every blank but the space.
    package var isInvisible: Bool {
        if value < 0x7F { return value < 0x20 }
        return isObeyed || properties.isDefaultIgnorableCodePoint || properties.isWhitespace
            || self == Self.blankBraille
    }

    /// `U+200B`, at least four digits.
    package var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// A Braille pattern without a dot.
    private static let blankBraille: Unicode.Scalar = "\u{2800}"
}
