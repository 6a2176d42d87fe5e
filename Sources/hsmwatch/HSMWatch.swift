// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchService

/// The command line: one subcommand a file.
@main
struct HSMWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hsmwatch",
        abstract: "Watch how many TCP sockets payment HSMs have left, and tell Graylog.",
        version: Version.number,
        subcommands: [
            Run.self, Check.self, Status.self, Probe.self, SendTest.self, Simulate.self, Receive.self,
            ContentPackCommand.self, Graylog.self, Demo.self,
        ]
    )

    static func main() async {
        StandardDescriptors.occupy()
        do {
            var command = try await asyncParseAsRoot()
            if var asyncCommand = command as? any AsyncParsableCommand {
                try Descriptors.require(for: asyncCommand)
                try await asyncCommand.run()
            } else {
                try command.run()
            }
            end(nil)
        } catch {
            end(error)
        }
    }

    /// Ends the process: with 1 when something that was printed could not be written, else as the command ended.
    private static func end(_ error: (any Error)?) -> Never {
        let ending = error is StandardOutput.Failed ? nil : error
        // `--help` and its like come as errors, and are printed.
        let isHelp = ending.map { exitCode(for: $0) == .success } ?? false
        if let ending, isHelp {
            let text = fullMessage(for: ending)
            if !text.isEmpty { StandardOutput.say(text) }
        }
        if let problem = StandardOutput.finish() {
            printToStandardError(problem)
            Self.exit(withError: ExitCode.failure)
        }
        Self.exit(withError: isHelp ? nil : ending)
    }
}
