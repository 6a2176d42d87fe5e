// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchService

/// `hsmwatch graylog install`: has Graylog take the content pack of a configuration, whatever it had before.
struct GraylogInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install the content pack of a configuration in Graylog, or bring it up to date.",
        usage: """
            hsmwatch graylog install --url <url> --token-file <file>
                                     [--ca <file>] [--dry-run] [--config <file> ...]
                                     [--output <name> ...] [--email <address> ...]
                                     [--webhook <url>] [--runbook <place>]
                                     [--no-input] [--tls-certificate <file>]
                                     [--tls-key <file>] [--tls-client-ca <file>]
            """,
        discussion: """
            Uploads the pack that 'hsmwatch content-pack' prints, installs it, and resumes its stream, which Graylog 7.0 and \
            later make paused. When that pack is installed already, nothing is done. An older revision is uninstalled first, \
            since Graylog changes no installed pack: what was changed in it by hand is lost. When Graylog does not install \
            the new revision, the older one is installed again. Exits 0 when the pack is installed and its input runs, or \
            Graylog does not show whether it does; 69 when not, 78 when the configuration is not valid.
            """
    )

    @OptionGroup var graylog: GraylogOptions
    @OptionGroup var choices: ContentPackChoices

    func run() async throws {
        let pack = try choices.pack()
        GraylogReport.show(pack.notes)
        let isDry = graylog.dryRun
        try await graylog.withClient { client throws(GraylogProblem) in
            let installer = PackInstaller(client, report: GraylogReport.show)
            let presence = try await installer.presence()
            GraylogReport.showTarget(presence.version, at: client.url)
            let plan = try PackPlan.installing(
                fingerprint: pack.fingerprint, inputPort: pack.inputPort, in: presence)
            GraylogReport.show(plan.notes)
            if plan.steps.isEmpty { GraylogReport.say("the content pack is installed already: nothing to do") }
            guard !isDry else { return GraylogReport.showIntentions(plan.steps.map(\.intention)) }
            GraylogOptions.finishWhatIsBegun()
            try await installer.carryOut(plan, of: pack, in: presence)
            try await installer.checkInput(after: plan)
        }
    }
}
