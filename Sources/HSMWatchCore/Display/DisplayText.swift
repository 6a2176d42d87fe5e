// SPDX-License-Identifier: Apache-2.0

/// Text in a terminal's columns.
enum DisplayText {
    /// What shows that something was cut.
    private static let ellipsis = "…"

    /// The text with everything made visible that a terminal would obey: a control character of ASCII as its picture
    /// (U+2400 to U+2421), others, and what turns the writing direction, as U+FFFD.
    static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isObeyed) else { return text }
        return text.unicodeScalars.reduce(into: "") { visible, scalar in
            visible.unicodeScalars.append(scalar.isObeyed ? scalar.picture : scalar)
        }
    }

    /// How many columns the text takes.
    static func columns(of text: String) -> Int {
        // Nearly everything here is ASCII, and lines are measured often.
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + columns(of: $1) }
    }

    /// The text in exactly so many columns: cut with an ellipsis, or filled with spaces.
    static func fit(_ text: String, to width: Int, isRight: Bool = false) -> String {
        pad(cut(text, to: width), to: width, isRight: isRight)
    }

    /// The text in exactly so many columns: cut in the middle, or filled with spaces.
    static func fitName(_ text: String, to width: Int) -> String {
        pad(cutInside(visible(text), to: width), to: width)
    }

    private static func pad(_ text: String, to width: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - columns(of: text)))
        return isRight ? space + text : text + space
    }

    /// The text in at most so many columns; what is cut ends with an ellipsis.
    static func cut(_ text: String, to width: Int) -> String {
        guard columns(of: text) > width else { return text }
        guard width > 0 else { return "" }
        var left = width - 1
        return text.prefix { character in
            left -= columns(of: character)
            return left >= 0
        } + ellipsis
    }

    /// The text in at most so many columns; what is cut is in the middle, because names and addresses differ at the end.
    static func cutInside(_ text: String, to width: Int) -> String {
        guard columns(of: text) > width else { return text }
        let head = (width - 1) / 2
        var left = width - 1 - head
        let reversed = text.reversed().prefix { character in
            left -= columns(of: character)
            return left >= 0
        }
        return cut(text, to: head + 1) + String(reversed.reversed())
    }

    /// A character is as wide as its first scalar: what follows is drawn onto it.
    static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(first.value) } ? 2 : 1
        }
    }

    /// What takes two columns: the ranges of UAX #11 that are Wide or Fullwidth, without the gaps inside them.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD,
    ]
}

extension Unicode.Scalar {
    fileprivate var picture: Unicode.Scalar {
        switch value {
        case 0x00...0x1F: Unicode.Scalar(0x2400 + value) ?? "\u{FFFD}"
        case 0x7F: "\u{2421}"
        default: "\u{FFFD}"
        }
    }
}
