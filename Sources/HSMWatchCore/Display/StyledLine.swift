// SPDX-License-Identifier: Apache-2.0

/// How a piece of text looks, in colours that can be read on a dark and on a light terminal: no yellow or cyan letters,
/// no grey, and where a colour alone would be weak, a background of its own.
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
