// SPDX-License-Identifier: Apache-2.0

/// How a piece of text looks, in colours that can be read on a dark and on a light terminal: no yellow or cyan letters,
/// no grey, and where a colour alone would be weak, its own background.
package enum Style: String, Sendable {
    case bold = "1"
    case reverse = "7"
    case green = "32"
    case red = "31"
    case blackOnYellow = "30;43"
    case yellow = "33"
    case whiteOnRed = "1;37;41"
    case magenta = "35"
    case whiteOnMagenta = "1;37;45"
}

/// One line for a terminal: pieces of visible text, each with its look.
package struct StyledLine: Equatable, Sendable {
    private struct Piece: Equatable {
        let text: String
        let style: Style?
    }

    private var pieces: [Piece] = []

    package init() {}

    /// A line of one piece.
    init(_ text: String, _ style: Style? = nil) {
        append(text, style)
    }

    /// Appends text; what a terminal would obey in it is made visible.
    mutating func append(_ text: String, _ style: Style? = nil) {
        pieces.append(Piece(text: DisplayText.visible(text), style: style))
    }

    mutating func append(_ line: StyledLine) {
        pieces += line.pieces
    }

    /// Terminal columns.
    var columns: Int { pieces.reduce(0) { $0 + DisplayText.columns(of: $1.text) } }

    /// The line in at most so many columns.
    func cut(to width: Int) -> StyledLine {
        guard columns > width else { return self }
        var line = StyledLine()
        var left = width
        for piece in pieces where left > 0 {
            let text = DisplayText.cut(piece.text, to: left)
            line.pieces.append(Piece(text: text, style: piece.style))
            left -= DisplayText.columns(of: text)
            if text != piece.text { break }
        }
        return line
    }

    /// The line in exactly so many columns.
    func filled(to width: Int, _ style: Style? = nil) -> StyledLine {
        var line = cut(to: width)
        line.append(String(repeating: " ", count: max(0, width - line.columns)), style)
        return line
    }

    /// The line as a terminal gets it (ECMA-48, SGR), without a line feed; without colour there are no trailing spaces.
    package func text(isColoured: Bool) -> String {
        guard isColoured else {
            let text = pieces.map(\.text).joined()
            return String(text[..<(text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.startIndex)])
        }
        return pieces.reduce(into: "") { text, piece in
            if let style = piece.style {
                text += "\u{1B}[\(style.rawValue)m\(piece.text)\u{1B}[0m"
            } else {
                text += piece.text
            }
        }
    }
}

/// What the terminal of an output can show, as the environment describes it.
package struct TerminalAbility: Equatable, Sendable {
    /// Whether it obeys escape sequences: colours and a screen that is redrawn.
    package let obeysSequences: Bool
    /// Whether its locale has more than ASCII: block glyphs.
    package let hasGlyphs: Bool

    /// - Parameter value: of an environment variable; nil when it is unset.
    package init(environment value: (String) -> String?) {
        let terminal = value("TERM") ?? ""
        let refusesColour = !(value("NO_COLOR") ?? "").isEmpty
        obeysSequences = !terminal.isEmpty && terminal != Self.dumb && !refusesColour
        hasGlyphs = Self.isUTF8(Self.locale(value))
    }

    /// Terminfo's name of a terminal that only prints.
    private static let dumb = "dumb"

    /// The locale of characters: the first variable that is not empty (locale(7)); without one it is `C`.
    private static func locale(_ value: (String) -> String?) -> String {
        ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(value).first { !$0.isEmpty } ?? "C"
    }

    /// Whether the locale's code set is UTF-8: `de_DE.UTF-8`, `C.utf8`, `de_DE.UTF-8@euro`.
    private static func isUTF8(_ locale: String) -> Bool {
        let parts = locale.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let codeSet = parts.first?.split(separator: ".", maxSplits: 1).dropFirst().first else { return false }
        return ["utf-8", "utf8"].contains(codeSet.lowercased())
    }
}

/// A colour of a terminal; the raw value is its number in `ESC [ … m` (ECMA-48 section 8.3.117).
package enum TerminalColour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case dim = "2"

    /// The text in this colour, then in the terminal's own again.
    package func paint(_ text: String) -> String {
        "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}

/// Breaks a line between words, for a terminal that would break it inside of them.
package enum WordWrap {
    /// Columns of the narrowest terminal that lines are fitted to; a narrower one breaks them as it likes.
    package static let narrowest = 40

    /// The line in pieces of at most `width` columns, each but the first behind `indent` spaces.
    ///
    /// Colours (`ESC [ … m`) take no column. A word that fits no line stays where it is, so that it can be copied
    /// whole.
    package static func fit(_ line: String, to width: Int, indent: Int) -> String {
        guard width >= narrowest else { return line }
        var fitted = ""
        var column = 0
        for (index, word) in line.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            let columns = columns(of: word)
            if index > 0 {
                let fits = column + 1 + columns <= width || indent + columns > width
                fitted += fits ? " " : "\n" + String(repeating: " ", count: indent)
                column = fits ? column + 1 : indent
            }
            fitted += word
            column += columns
            // The terminal itself has broken it.
            if column > width { column %= width }
        }
        return fitted
    }

    private static func columns(of word: Substring) -> Int {
        var columns = 0
        var isSequence = false
        for character in word {
            if character == "\u{1B}" { isSequence = true }
            if !isSequence { columns += 1 }
            if character == "m" { isSequence = false }
        }
        return columns
    }
}
