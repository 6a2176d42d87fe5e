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
            HSMWatch.exit(withError: error)
        }
    }

    private static func run(_ command: sending any ParsableCommand) {
        Task.detached {
            do {
                var command = command
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                HSMWatch.exit()
            } catch is StandardOutput.Closed {
                // Nobody reads any more.
                HSMWatch.exit()
            } catch {
                HSMWatch.exit(withError: error)
            }
        }
    }
}
