// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService

/// `hsmwatch graylog install`: has Graylog take the content pack of a configuration, and the inputs of its outputs.
struct GraylogInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install the content pack of a configuration in Graylog, or bring it up to date.",
        usage: """
            hsmwatch graylog install --url <url> --token-file <file>
                                     (--email <address> ... | --no-email)
                                     [--ca <file>] [--dry-run] [--config <file> ...]
                                     [--output <name> ...] [--webhook <url>]
                                     [--runbook <place>] [--no-input] [--update-inputs]
                                     [--tls-certificate <file>] [--tls-key <file>]
                                     [--tls-client-ca <file>] [--no-wait]
            """,
        discussion: """
            Installs a stream, alerts and a dashboard as a content pack, and resumes the stream, which Graylog 7.0 and later \
            make paused. Then makes an input for each port that an output sends to, unless one of its type has it. An older revision is \
            uninstalled only when the stream of the new one has run for 25 seconds: Graylog is never without alerts. What was \
            changed in it by hand is lost. When nothing is to do, nothing is changed. At the end a test message goes through \
            each output that this machine reaches, and Graylog must find it; then the command waits for a heartbeat of each \
            source, 90 seconds at most. The silence alert of a source that Graylog has never heard of stays off. Exits 0 when \
            the pack is installed and each input runs, or Graylog does not show whether it does; 69 when not, 78 when the \
            configuration is not valid.
            """
    )

    @OptionGroup var graylog: GraylogOptions
    @OptionGroup var choices: ContentPackChoices

    @Flag(help: "Change an existing input that lacks what hsmwatch needs; Graylog restarts it.")
    var updateInputs = false

    @Flag(help: "Look once for a heartbeat of each source, and do not wait for it.")
    var noWait = false

    func validate() throws {
        guard choices.noEmail || !choices.recipients.isEmpty else {
            throw ValidationError("--email says who gets alerts; without mail: --no-email.")
        }
    }

    func run() async throws {
        let configurations = try choices.readConfigurations()
        let options = try choices.options(hasInput: false)
        let pack = ContentPack(configurations, options)
        let sending = choices.noInput ? [] : configurations
        let (isDry, isUpdating, heartbeatLimit) = (
            graylog.dryRun, updateInputs, noWait ? .zero : ChainProof.heartbeatLimit
        )
        GraylogReport.show(pack.notes)
        try await graylog.withClient { client throws(GraylogProblem) in
            let inputs = try WantedInput.all(for: sending, options.tls)
            let proof = ChainProof(
                client, configurations, files: options.tls, heartbeatLimit: heartbeatLimit, report: GraylogReport.show,
                countdown: GraylogReport.countDown)
            let installation = GraylogInstallation(
                client, pack: pack, inputs: inputs, options: options, isUpdatingInputs: isUpdating, proof: proof,
                report: GraylogReport.show)
            let intentions = try await installation.prepare()
            guard !isDry else {
                return GraylogReport.showIntentions(intentions + installation.proofIntentions)
            }
            try await GraylogOptions.finish(installation.carryOut, endWait: proof.endWait)
        }
    }
}
