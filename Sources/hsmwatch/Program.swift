// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// Where the process begins.
@main
enum Program {
    /// Parses the command line on the main thread and runs the command on others. Never returns.
    ///
    /// Not an async function: while that waits, the main thread is Dispatch's, which takes every signal there, those that
    /// `EarlySignals` holds among them.
    static func main() {
        EarlySignals.hold()
        StandardDescriptors.occupy()
        run(parsed())
        while true { pause() }
    }

    private static func parsed() -> any ParsableCommand {
        do {
            let command = try HSMWatch.parseAsRoot()
            EarlySignals.release(for: command)
            return command
        } catch {
            end(error)
        }
    }

    private static func run(_ command: sending any ParsableCommand) {
        Task.detached {
            do {
                var command = command
                if var command = command as? any AsyncParsableCommand {
                    try Descriptors.require(for: command)
                    try await command.run()
                } else {
                    try command.run()
                }
                end(nil)
            } catch {
                end(error)
            }
        }
    }

    /// Ends the process: with 1 when something that was printed could not be written, else as the command ended.
    private static func end(_ error: (any Error)?) -> Never {
        let ending = error is StandardOutput.Failed ? nil : error
        // `--help` and its like come as errors, and are printed.
        let isHelp = ending.map { HSMWatch.exitCode(for: $0) == .success } ?? false
        if let ending, isHelp {
            let text = HSMWatch.fullMessage(for: ending)
            if !text.isEmpty { StandardOutput.say(text) }
        }
        if let problem = StandardOutput.finish() {
            printToStandardError(problem)
            HSMWatch.exit(withError: ExitCode.failure)
        }
        HSMWatch.exit(withError: isHelp ? nil : ending)
    }
}
