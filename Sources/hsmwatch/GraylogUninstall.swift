// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService

/// `hsmwatch graylog uninstall`: leaves a Graylog without the content pack.
struct GraylogUninstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Remove the content pack from Graylog, with everything that it made there.",
        usage: """
            hsmwatch graylog uninstall --url <url> --token-file <file>
                                       [--ca <file>] [--dry-run]
            """,
        discussion: """
            Uninstalls the pack and deletes all its revisions, with its stream, alerts and dashboard, and what was changed in \
            them by hand. Then deletes the inputs that 'hsmwatch graylog install' has made, which it knows by their titles. \
            Messages that are stored already stay. Exits 0, or 69 when Graylog does not do it.
            """
    )

    @OptionGroup var graylog: GraylogOptions

    func run() async throws {
        let isDry = graylog.dryRun
        try await graylog.withClient { client throws(GraylogProblem) in
            let installer = PackInstaller(client, report: GraylogReport.show)
            let goal = PackGoal.uninstalled
            let presence = try await installer.presence(for: goal)
            GraylogReport.showTarget(presence.version, at: client.url)
            let plan = try goal.plan(in: presence)
            let inputs = InputPlan.removing(from: presence.inputs ?? [], without: presence.inputsOfPacks(besides: nil))
            GraylogReport.show(plan.notes + inputs.notes)
            if presence.inputs == nil {
                GraylogReport.show(
                    .note("inputs that 'hsmwatch graylog install' has made stay: delete them in System / Inputs"))
            }
            if plan.steps.isEmpty, inputs.steps.isEmpty {
                GraylogReport.say("Graylog does not have the content pack: nothing to do")
            }
            guard !isDry else {
                return GraylogReport.showIntentions(plan.steps.map(\.intention) + inputs.steps.map(\.intention))
            }
            try await GraylogOptions.finish { () throws(GraylogProblem) in
                _ = try await installer.reach(goal, by: plan, in: presence)
                try await InputInstaller(client, report: GraylogReport.show).carryOut(inputs, for: goal)
            }
        }
    }
}
