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

    /// The text in at most so many columns; what is cut is in the middle, because names and addresses differ at the
    /// end.
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

/// Durations in at most five columns, for a table.
enum ShortText {
    /// The largest unit, cut: `59s`, `59m`, `23h`, `9999d`; of a clock that was set back: `0s`.
    static func seconds(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(max(0, seconds))s"
        case ..<3600: "\(seconds / 60)m"
        case ..<86_400: "\(seconds / 3600)h"
        default: "\(min(9999, seconds / 86_400))d"
        }
    }

    /// How long ago something was.
    static func age(_ then: Moment, at now: Moment) -> String {
        seconds(Int((now.instant - then.instant).wholeSeconds))
    }

    /// `0.2ms`, `12ms`, `1.2s`, `59s`.
    static func latency(_ latency: Duration) -> String {
        let microseconds = Int(clamping: latency.wholeNanoseconds / 1000)
        return switch microseconds {
        case ..<9950: tenths(microseconds, of: 1000) + "ms"
        case ..<999_500: "\((microseconds + 500) / 1000)ms"
        case ..<9_950_000: tenths(microseconds, of: 1_000_000) + "s"
        default: seconds(microseconds / 1_000_000)
        }
    }

    private static func tenths(_ number: Int, of unit: Int) -> String {
        let tenths = (number * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// Text for a terminal whose locale has no more than ASCII.
package enum ASCIIText {
    /// The text with each character that is not ASCII replaced, in as many columns: bars by `#`, `-` and `.`, the rest
    /// that we draw by what looks alike, and anything else by `?`.
    package static func drawn(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        return text.reduce(into: "") { drawn, character in
            if let first = character.unicodeScalars.first, first.isASCII {
                // A mark that is drawn onto it takes no column.
                drawn.unicodeScalars.append(contentsOf: character.unicodeScalars.filter(\.isASCII))
            } else if let glyph = glyphs[character] {
                drawn.append(glyph)
            } else {
                drawn += String(repeating: "?", count: DisplayText.columns(of: character))
            }
        }
    }

    /// `Gauge`'s bar and sparkline, and the signs of the tables and the screen.
    private static let glyphs: [Character: Character] = [
        "█": "#", "▉": "-", "▊": "-", "▋": "-", "▌": "-", "▍": "-", "▎": "-", "▏": "-", "░": ".",
        "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "×": "x",
        "…": "~", "–": "-", "·": "-", "↑": "^", "↓": "v", "→": ">",
    ]
}

extension StringProtocol {
    /// The text as one word of a POSIX shell: as it is where that is safe, else in single quotes.
    package var shellQuoted: String {
        let isPlain = utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "A"..."Z", "a"..."z", "0"..."9", "/", ".", "_", "-": true
            default: false
            }
        }
        guard !isPlain || isEmpty else { return String(self) }
        return "'" + replacingScalars { $0 == "'" ? "'\\''" : nil } + "'"
    }
}

/// A number with its noun: `1 message`, `2 messages`, `0 probes`. The plural of the noun ends in s.
package func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}

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

extension StringProtocol {
    /// The text with `replacement` in place of each scalar for which it gives one.
    ///
    /// Every escape walks scalars. A walk over `Character`s misses a quote with a combining mark, because the two are
    /// one character, and whatever reads the text sees the quote alone.
    package func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if let replaced = replacement(scalar) {
                text.unicodeScalars.append(contentsOf: replaced.unicodeScalars)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

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

extension StringProtocol {
    /// The text in single quotes for a message: invisible characters as code points, cut after 80 characters.
    package var quoted: String {
        let maxLength = 80
        var text = "'"
        for (index, scalar) in unicodeScalars.enumerated() {
            guard index < maxLength else {
                text += "…"
                break
            }
            text += scalar.isInvisible ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text + "'"
    }
}
