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
