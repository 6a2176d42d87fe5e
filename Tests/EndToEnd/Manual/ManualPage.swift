// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A page of the manual as far as tests compare it with the program: its parts and their lists, out of the macros of mdoc(7)
/// that the pages use.
struct ManualPage {
    /// A word, and the macro that it is an argument of: `Fl` for an option, `Ar` for a placeholder, empty in plain text.
    struct Word: Equatable {
        let macro: String
        var text: String

        /// Without what a sentence puts behind it.
        var bareText: String { text.trimmingCharacters(in: [",", ".", ";", ":"]) }
    }

    /// An item of a list.
    struct Entry {
        let term: [Word]
        /// What stands below the term, nested lists included.
        var words: [Word] = []
        /// The items of nested lists.
        var entries: [Entry] = []

        /// The first word of the term.
        var name: String { term.first?.bareText ?? "" }
        /// What stands below the term, as a reader sees it, but for quotes and brackets.
        var text: String { ManualPage.text(of: words) }

        /// The words of the whole entry that are arguments of a macro, without what a sentence puts behind them.
        func words(of macro: String) -> [String] {
            (term + words).filter { $0.macro == macro }.map(\.bareText)
        }
    }

    /// A section, or a subsection.
    struct Part {
        let heading: String
        /// What stands outside of its lists.
        var words: [Word] = []
        /// The items of all its lists.
        var entries: [Entry] = []
        /// What is shown as it is: examples.
        var displays: [String] = []
    }

    let parts: [Part]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/man")
        .standardized

    /// Reads the page of this name, such as `hsmwatch.1`.
    init(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        var reader = ManualPageReader(text)
        parts = reader.parts()
    }

    /// The part with this heading.
    func part(_ heading: String) -> Part? {
        parts.first { $0.heading == heading }
    }

    /// The parts between one heading and another.
    func parts(after first: String, before last: String) -> ArraySlice<Part> {
        let start = parts.firstIndex { $0.heading == first }.map { $0 + 1 } ?? parts.endIndex
        return parts[start...].prefix { $0.heading != last }
    }

    /// All text outside of displays.
    var text: String {
        parts.map { Self.text(of: $0.words + $0.entries.flatMap { $0.term + $0.words }) }.joined(separator: " ")
    }

    static func text(of words: [Word]) -> String {
        words.map(\.text).joined(separator: " ")
    }
}
