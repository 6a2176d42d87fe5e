// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a configuration, where, and what is allowed.
package struct ConfigurationProblem: Error, Equatable, Sendable {
    package enum Severity: String, Sendable {
        /// The configuration cannot be used.
        case error
        /// It can, but is probably not what was meant.
        case warning
    }

    package var mark: Mark
    package var severity: Severity
    package var message: String

    package init(_ mark: Mark, _ severity: Severity, _ message: String) {
        self.mark = mark
        self.severity = severity
        self.message = message
    }

    /// `FILE:LINE:COLUMN: error: …`, which editors and terminals can jump to.
    package func rendered(file: String) -> String {
        "\(file):\(mark.line):\(mark.column): \(severity.rawValue): \(message)"
    }

    /// Why the file is refused, in a line: its first error, and how many more there are.
    package static func firstError(of problems: [ConfigurationProblem], in file: String) -> String {
        let errors = problems.filter { $0.severity == .error }
        let first = errors.first?.rendered(file: file) ?? file
        return first + (errors.count > 1 ? " (and \(errors.count - 1) more)" : "")
    }
}

/// The problems found in one file so far, at most `ConfigurationLimits.problems` of them; the rest is only counted.
struct ConfigurationProblems {
    private var problems: [ConfigurationProblem] = []
    private var unlisted = 0
    private(set) var hasErrors = false

    /// All problems, sorted by place.
    var sorted: [ConfigurationProblem] {
        var sorted = problems.sorted { $0.mark < $1.mark }
        if unlisted > 0, let last = sorted.last {
            sorted.append(ConfigurationProblem(last.mark, .error, "\(unlisted) more problems are not listed"))
        }
        return sorted
    }

    /// Adds an error about the value at `path`.
    mutating func error(at mark: Mark, _ path: String, _ message: @autoclosure () -> String) {
        hasErrors = true
        add(mark, .error, path, message())
    }

    /// Adds an error about a value that was read, but must not stand beside the others.
    mutating func error<Value>(at value: Located<Value>, _ message: @autoclosure () -> String) {
        error(at: value.mark, value.path, message())
    }

    /// Adds a warning about the value at `path`.
    mutating func warning<Value>(at value: Located<Value>, _ message: @autoclosure () -> String) {
        add(value.mark, .warning, value.path, message())
    }

    private mutating func add(
        _ mark: Mark, _ severity: ConfigurationProblem.Severity, _ path: String, _ message: @autoclosure () -> String
    ) {
        guard problems.count < ConfigurationLimits.problems else {
            unlisted += 1
            return
        }
        problems.append(ConfigurationProblem(mark, severity, path.isEmpty ? message() : "\(path): \(message())"))
    }
}

/// A place in a configuration file; lines and columns count from 1, columns in Unicode scalars.
package struct Mark: Comparable, Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: Mark, right: Mark) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A value with its place in the file, for problems that show only beside other values.
struct Located<Value> {
    var value: Value
    var mark: Mark
    /// The value's name in messages, e.g. `hsms[0].alert.critical`.
    var path: String
}

/// Why a text is not a duration, size, address or other value: what is wrong and what is allowed, in one sentence part.
package struct InvalidText: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Finds what a misspelt word was meant to be.
package enum NearestName {
    /// Characters of the longest word that is compared; the work grows with the product of two lengths.
    private static let maxLength = 64
    /// Insertions, removals and replacements between a word and its correction.
    private static let maxDistance = 3

    /// The first of `names` that is nearest to `word`, whatever the case; nil when none is near enough to be meant.
    static func find(_ word: String, among names: [String]) -> String? {
        guard word.unicodeScalars.count <= maxLength else { return nil }
        let word = word.lowercased()
        let candidates = names.map { (name: $0, distance: distance(word, $0.lowercased())) }
            .filter { $0.distance <= min(maxDistance, $0.name.unicodeScalars.count / 2) }
        return candidates.min { $0.distance < $1.distance }?.name
    }

    /// `; did you mean '…'?` to go behind the mention of an unknown `word`; empty when nothing is near.
    package static func hint(_ word: String, among names: [String]) -> String {
        find(word, among: names).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The edit distance (Levenshtein), row by row.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.unicodeScalars)
        var row = Array(0...right.count)
        for (index, scalar) in left.unicodeScalars.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (right[column] == scalar ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
