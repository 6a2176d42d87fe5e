// SPDX-License-Identifier: Apache-2.0

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
