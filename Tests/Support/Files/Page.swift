// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A page of the documentation, as its readers see it.
package struct Page {
    package static let project = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Below the project, such as `docs/runbook.md`.
    package let path: String
    package let text: String

    package init(_ path: String) throws {
        self.path = path
        text = try String(contentsOf: Self.project.appending(path: path), encoding: .utf8)
    }

    /// README.md and all pages of docs.
    package static var all: [String] {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: project.appending(path: "docs").path())
            return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
        }
    }

    package var lines: [String] { text.components(separatedBy: "\n") }

    /// Where a link can lead to on this page: its headings, of one level or of all.
    package func anchors(ofLevel level: Int? = nil) -> [String] {
        prose.components(separatedBy: "\n").compactMap { line in
            let marks = line.prefix { $0 == "#" }.count
            guard marks > 0, line.dropFirst(marks).first == " ", level == nil || level == marks else { return nil }
            return Self.anchor(of: line.dropFirst(marks + 1))
        }
    }

    /// What stands between `](` and `)`, without the web's addresses.
    package var links: [String] {
        prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }.filter { !$0.contains("://") }
    }

    /// The rows of the table that has this heading, each as its cells.
    package func table(headed heading: String) -> [[String]] {
        lines.drop { !$0.hasPrefix(heading) }.dropFirst(2).prefix { $0.hasPrefix("|") }.map { row in
            row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// All but the blocks of code.
    private var prose: String {
        text.replacing(/(?ms)^ *```.*?^ *```$/, with: "")
    }

    /// As GitHub makes it of a heading.
    private static func anchor(of heading: Substring) -> String {
        let kept = heading.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
        return kept.replacing(" ", with: "-")
    }
}
