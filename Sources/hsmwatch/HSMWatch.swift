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
        } catch {
            Self.exit(withError: error)
        }
    }
}
