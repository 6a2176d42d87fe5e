// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchGraylog

/// `hsmwatch graylog`: makes a Graylog ready for what hsmwatch sends, one subcommand a file.
struct Graylog: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a Graylog ready by its REST API: content pack, types of fields.",
        subcommands: [GraylogInstall.self, GraylogUninstall.self, GraylogPinFields.self]
    )
}
