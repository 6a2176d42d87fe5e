// SPDX-License-Identifier: Apache-2.0

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
