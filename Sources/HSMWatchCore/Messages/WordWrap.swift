// SPDX-License-Identifier: Apache-2.0

/// Breaks a line between words, for a terminal that would break it inside of them.
package enum WordWrap {
    /// Columns of the narrowest terminal that lines are fitted to; a narrower one breaks them as it likes.
    package static let narrowest = 40

    /// The line in pieces of at most `width` columns, each but the first behind `indent` spaces.
    ///
    /// Colours (`ESC [ … m`) take no column. A word that fits no line stays where it is, so that it can be copied whole.
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
