// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchGraylog

/// `hsmwatch content-pack`: all that Graylog needs, as a file for it.
struct ContentPackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content-pack",
        abstract: "Print the Graylog content pack for a configuration.",
        usage: """
            hsmwatch content-pack [--config <file> ...] [--output <name> ...]
                                  [--email <address> ...] [--no-email]
                                  [--webhook <url>] [--runbook <place>] [--no-input]
                                  [--tls-certificate <file>] [--tls-key <file>]
                                  [--tls-client-ca <file>] [--revision <number>]
            """,
        discussion: """
            It has an input for each port that an output sends to, a stream, alerts by mail and HTTP, and a dashboard, for Graylog 5.2 and \
            later. Upload it in System / Content Packs, or let 'hsmwatch graylog install' do that. The same configuration \
            always gives the same pack, and so does one with other HSMs or thresholds. What should be known of it goes to \
            stderr. Exits 0, or 78 when the configuration is not valid.
            """
    )

    @OptionGroup var choices: ContentPackChoices

    @Option(
        help: ArgumentHelp(
            "The pack's revision: Graylog takes other content only with a greater one.", valueName: "number"))
    var revision = 1

    func validate() throws {
        guard ContentPack.revisions.contains(revision) else {
            throw ValidationError(
                "--revision is \(revision); allowed: \(ContentPack.revisions.lowerBound) … \(ContentPack.revisions.upperBound)"
            )
        }
    }

    func run() throws {
        let pack = try choices.pack()
        for note in pack.notes {
            printToStandardError("note: \(note)")
        }
        if let host = try choices.options(hasInput: !choices.noInput).webhookHost {
            printToStandardError(
                "note: the webhook at \(host) must be on Graylog's URL allowlist (System / Configurations)")
        }
        try StandardOutput.write(pack.json(revision: revision))
    }
}
