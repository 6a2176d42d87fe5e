// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService

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

/// What a content pack is made of, as every command that makes one takes it.
struct ContentPackChoices: ParsableArguments {
    @Option(
        name: .customLong("config"), parsing: .singleValue,
        help: ArgumentHelp(
            "A configuration file; several for the instances that send to one Graylog. "
                + "(default: \(ConfigurationFile.defaultPath))",
            valueName: "file"),
        completion: .file())
    var configurations: [String] = []

    @Option(
        name: .customLong("output"), parsing: .singleValue,
        help: ArgumentHelp(
            "An output that sends to this Graylog, by its name; may be repeated. (default: all)", valueName: "name"))
    var outputs: [String] = []

    @Option(
        name: .customLong("email"), parsing: .singleValue,
        help: ArgumentHelp(
            "Who gets alerts by mail; may be repeated.", valueName: "address"))
    var recipients: [String] = []

    @Flag(help: "Send no mail.")
    var noEmail = false

    @Option(help: ArgumentHelp("Where alerts are posted as JSON.", valueName: "url"))
    var webhook: String?

    @Option(
        help: ArgumentHelp(
            "Where the alert about silence says that the runbook is. (default: the configuration's runbook, or "
                + "\(ContentPackOptions.installedRunbook))",
            valueName: "place"))
    var runbook: String?

    @Flag(help: "Leave the inputs out, because Graylog has them.")
    var noInput = false

    @Option(help: ArgumentHelp("Certificate of a TLS input, a file on the Graylog server.", valueName: "file"))
    var tlsCertificate = ContentPackOptions.InputTLS.standard.certificate

    @Option(help: ArgumentHelp("Its key, a file on the Graylog server.", valueName: "file"))
    var tlsKey = ContentPackOptions.InputTLS.standard.key

    @Option(
        help: ArgumentHelp(
            "Authorities of the certificates that hsmwatch presents, a file on the Graylog server.", valueName: "file"))
    var tlsClientCa = ContentPackOptions.InputTLS.standard.clientAuthorities

    func validate() throws {
        guard !noEmail || recipients.isEmpty else {
            throw ValidationError("--email and --no-email cannot be combined.")
        }
        do throws(InvalidText) {
            _ = try options(hasInput: !noInput)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The pack for an installation by hand.
    func pack() throws -> ContentPack {
        // An example in its place shows where to put one's own.
        let mail = recipients.isEmpty && !noEmail ? [ContentPackOptions.exampleRecipient] : recipients
        let options = try options(
            recipients: mail, webhook: webhook, hasInput: !noInput)
        return ContentPack(try readConfigurations(), options)
    }

    /// The configurations with the outputs that were chosen; their problems go to stderr, and an error among them ends
    /// the command.
    func readConfigurations() throws -> [Configuration] {
        let files = configurations.isEmpty ? [ConfigurationFile.defaultPath] : configurations
        var read = try files.map { try ConfigurationOption(path: $0).loadWithoutFiles() }
        if !outputs.isEmpty { try keepOutputs(in: &read) }
        return read
    }

    private func keepOutputs(in configurations: inout [Configuration]) throws {
        let names = configurations.flatMap(\.outputs).map(\.name)
        if let unknown = outputs.first(where: { !names.contains($0) }) {
            throw ValidationError("no output is named '\(unknown)'; there are: \(names.joined(separator: ", "))")
        }
        for index in configurations.indices {
            configurations[index].outputs.removeAll { !outputs.contains($0.name) }
        }
    }

    /// What the command line says, without any example.
    func options(hasInput: Bool) throws(InvalidText) -> ContentPackOptions {
        try options(recipients: recipients, webhook: webhook, hasInput: hasInput)
    }

    private func options(
        recipients: [String], webhook: String?, hasInput: Bool
    ) throws(InvalidText) -> ContentPackOptions {
        try ContentPackOptions(
            recipients: recipients, webhook: webhook, runbook: runbook, hasInput: hasInput,
            tls: .init(certificate: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientCa))
    }
}
