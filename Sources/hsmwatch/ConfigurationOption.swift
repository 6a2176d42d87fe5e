// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchService

/// `--config`, as every command that needs a configuration takes it.
struct ConfigurationOption: ParsableArguments {
    /// `EX_CONFIG` of sysexits.h; the service manager does not restart after it.
    static let badConfiguration = ExitCode(78)

    @Option(
        name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file())
    var path = ConfigurationFile.defaultPath

    init() {}

    /// As if `path` had been given.
    init(path: String) {
        self.path = path
    }

    /// The configuration; its problems go to stderr, and an error among them, counted at last, ends the command.
    func load() throws -> Configuration {
        let (configuration, problems) = ConfigurationFile.load(path)
        return try accept(configuration, problems)
    }

    /// The same for a command that sends nothing to the outputs: their files may belong to another user, and warnings
    /// are `check`'s to tell.
    func loadWithoutFiles() throws -> Configuration {
        let (configuration, problems) = ConfigurationFile.load(path, checksFiles: false, acceptsExample: true)
        return try accept(configuration, problems.filter { $0.severity == .error })
    }

    private func accept(
        _ configuration: Configuration?, _ problems: [ConfigurationProblem]
    ) throws -> Configuration {
        for problem in problems {
            printToStandardError(problem.rendered(file: path))
        }
        guard let configuration else {
            printToStandardError("\(path): \(Self.count(of: problems)): not valid")
            throw Self.badConfiguration
        }
        return configuration
    }

    /// `1 error`, `2 errors, 1 warning`; of a list that was cut only that it was.
    private static func count(of problems: [ConfigurationProblem]) -> String {
        let limit = ConfigurationLimits.problems
        guard problems.count <= limit else { return "more than \(limit) problems" }
        let errors = problems.count { $0.severity == .error }
        let warnings = problems.count - errors
        let counts = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
        return counts.map { counted($0.0, $0.1) }.joined(separator: ", ")
    }
}
