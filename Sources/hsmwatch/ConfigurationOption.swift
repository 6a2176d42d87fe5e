// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchService

/// `--config`, as every command that needs a configuration takes it.
struct ConfigurationOption: ParsableArguments {
    /// `EX_CONFIG` of sysexits.h; the service manager does not restart after it.
    static let badConfiguration = ExitCode(78)

    @Option(name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"))
    var path = ConfigurationFile.defaultPath

    /// The configuration; its problems go to stderr, and an error among them ends the command.
    func load() throws -> Configuration {
        let (configuration, problems) = ConfigurationFile.load(path)
        for problem in problems {
            printToStandardError(problem.rendered(file: path))
        }
        guard let configuration else { throw Self.badConfiguration }
        return configuration
    }
}
