// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchService

/// `hsmwatch check`: says everything that is wrong with a configuration before the service meets it.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a configuration: every problem with its file, line and column.",
        discussion: "Exits 0 when the configuration is valid, warnings or not, and 78 when it is not."
    )

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print the effective configuration as YAML, every default filled in.")
    var show = false

    func run() throws {
        var configuration = try file.load()
        if let problem = OpenFiles.problem(of: configuration) {
            printToStandardError(problem.rendered(file: file.path))
        }
        guard show else {
            let hsms = counted(configuration.hsms.count, "HSM")
            let outputs = counted(configuration.outputs.count, "output")
            printToStandardError("\(file.path): \(hsms), \(outputs): valid")
            return
        }
        configuration.source = configuration.source ?? MachineName.current
        try StandardOutput.write(Array(ConfigurationPrinter.yaml(configuration).utf8))
    }
}
