// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchGraylog
import HSMWatchService

/// The command line: one subcommand a file.
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
}
