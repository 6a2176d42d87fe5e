// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads the source of a manual page, line by line.
struct ManualPageReader {
    /// The macros of the pages that can stand within a line.
    private static let macros: Set = [
        "Ar", "Cm", "Dv", "Ev", "Fl", "Ic", "It", "Li", "Nm", "Op", "Pa", "Pq", "Ql", "Sx", "Xr",
    ]
    /// What mdoc(7) sets behind the word before.
    private static let delimiters: Set = [",", ".", ";", ":"]
    /// The characters that have a name in the pages (mandoc_char(7)).
    private static let characters = ["\\(aq": "'", "\\(ga": "`", "\\(ha": "^", "\\(pc": "·", "\\(ti": "~"]

    private var lines: ArraySlice<Substring>

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    }

    /// The parts of the page, in their order.
    mutating func parts() -> [ManualPage.Part] {
        var parts: [ManualPage.Part] = []
        while let line = lines.popFirst() {
            if line.hasPrefix(".Sh ") || line.hasPrefix(".Ss ") {
                parts.append(ManualPage.Part(heading: String(line.dropFirst(4))))
            } else if let last = parts.indices.last {
                if line.hasPrefix(".Bl ") {
                    parts[last].entries += entries()
                } else if line.hasPrefix(".Bd ") {
                    parts[last].displays.append(display())
                } else {
                    parts[last].words = Self.words(of: line, behind: parts[last].words)
                }
            }
        }
        return parts
    }

    /// The items of a list whose first line was read.
    private mutating func entries() -> [ManualPage.Entry] {
        var entries: [ManualPage.Entry] = []
        while let line = lines.popFirst(), line != ".El" {
            if line.hasPrefix(".It ") {
                entries.append(ManualPage.Entry(term: Self.words(of: line, behind: [])))
            } else if let last = entries.indices.last {
                if line.hasPrefix(".Bl ") {
                    let nested = self.entries()
                    entries[last].entries += nested
                    entries[last].words += nested.flatMap { $0.term + $0.words }
                } else {
                    entries[last].words = Self.words(of: line, behind: entries[last].words)
                }
            }
        }
        return entries
    }

    private mutating func display() -> String {
        var display = ""
        while let line = lines.popFirst(), line != ".Ed" {
            display += Self.resolved(line) + "\n"
        }
        return display
    }

    /// The words before, and those of a line.
    private static func words(of line: Substring, behind words: [ManualPage.Word]) -> [ManualPage.Word] {
        guard !line.hasPrefix(".\\\""), line != ".Pp" else { return words }
        let isMacro = line.hasPrefix(".")
        var words = words
        var macro = ""
        for word in line.dropFirst(isMacro ? 1 : 0).split(separator: " ") {
            if isMacro, macros.contains(String(word)) {
                macro = String(word)
            } else if isMacro, delimiters.contains(String(word)), let last = words.indices.last {
                words[last].text += word
            } else {
                let own = word == "|" ? "" : macro
                words.append(ManualPage.Word(macro: own, text: (own == "Fl" ? "-" : "") + resolved(word)))
            }
        }
        return words
    }

    private static func resolved(_ text: Substring) -> String {
        characters.reduce(String(text)) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }
}
