// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService

/// `hsmwatch graylog pin-fields`: what a number is in Graylog's index is no longer the first document's to decide.
struct GraylogPinFields: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin-fields",
        abstract: "Fix the types of hsmwatch's numeric fields in an index set of Graylog.",
        usage: """
            hsmwatch graylog pin-fields --url <url> --token-file <file>
                                        [--ca <file>] [--dry-run]
                                        [--index-set <id>] [--rotate]
            """,
        discussion: """
            Sets long for every integer and double for every decimal field that hsmwatch sends. The types count from the \
            next index of the set on: --rotate begins one at once, else Graylog does when its rotation is due. May be \
            repeated. Exits 0, or 69 when Graylog does not do it.
            """
    )

    @OptionGroup var graylog: GraylogOptions

    @Option(
        help: ArgumentHelp(
            "The index set: its id, or default (default: \(IndexSet.Choice.standardName)).", valueName: "id"),
        transform: { try IndexSet.Choice(parsing: $0) })
    var indexSet = IndexSet.Choice.standard

    @Flag(help: "Begin a new index of the set at once.")
    var rotate = false

    func run() async throws {
        let (isDry, isRotated, choice) = (graylog.dryRun, rotate, indexSet)
        try await graylog.withClient { client throws(GraylogProblem) in
            let version = try await client.version()
            GraylogReport.showTarget(version, at: client.url)
            try FieldPinning.check(version)
            let indexSet = try await client.indexSet(choice)
            GraylogReport.show(FieldPinning.notes(for: indexSet, isRotated: isRotated))
            guard !isDry else {
                let pinning =
                    "fix the types of \(MessageField.numeric.count) fields in \(indexSet): \(FieldPinning.types)"
                return GraylogReport.showIntentions([pinning] + (isRotated ? ["begin a new index"] : []))
            }
            try await client.pinFields(in: indexSet)
            GraylogReport.say(
                "fixed the types of \(MessageField.numeric.count) fields in \(indexSet): \(FieldPinning.types)")
            guard isRotated else { return }
            try await client.rotate(indexSet)
            GraylogReport.say("began a new index")
        }
    }
}
