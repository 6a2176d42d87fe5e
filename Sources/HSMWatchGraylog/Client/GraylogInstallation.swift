// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// Makes a Graylog ready for hsmwatch, in this order: the pack, the inputs, the webhook's place on the allowlist, the
/// proof that messages arrive.
///
/// The inputs come after the pack's stream runs: Graylog puts into no stream what an input took before.
@ServiceLoop
package final class GraylogInstallation {
    private let client: GraylogClient
    private let goal: PackGoal
    private let inputs: [WantedInput]
    private let options: ContentPackOptions
    private let isUpdatingInputs: Bool
    private let proof: ChainProof?
    private let installer: PackInstaller
    private let inputInstaller: InputInstaller
    private let report: (PackInstaller.Report) -> Void
    private var prepared: (plan: PackPlan, presence: PackPresence)?

    /// - Parameters:
    ///   - isUpdatingInputs: whether existing inputs get what they lack.
    ///   - proof: nil proves nothing, and leaves every silence alert on.
    ///   - startLimit: a constant to all but a test, as are `lostLimit` and `overlap`.
    ///   - report: called on the event loop.
    package init(
        _ client: GraylogClient, pack: ContentPack, inputs: [WantedInput], options: ContentPackOptions,
        isUpdatingInputs: Bool = false, proof: ChainProof? = nil, startLimit: Duration = InputInstaller.startLimit,
        lostLimit: Duration = PackInstaller.lostLimit, overlap: Duration = PackPlan.overlap,
        report: @escaping (PackInstaller.Report) -> Void
    ) {
        self.client = client
        goal = .installed(pack)
        self.inputs = inputs
        self.options = options
        self.isUpdatingInputs = isUpdatingInputs
        self.proof = proof
        self.report = report
        installer = PackInstaller(client, lostLimit: lostLimit, overlap: overlap, report: report)
        inputInstaller = InputInstaller(client, startLimit: startLimit, lostLimit: lostLimit, report: report)
    }

    /// Looks at what Graylog has, and changes nothing.
    ///
    /// - Returns: what is to do, in words that follow "would".
    /// - Throws: what has to be changed in Graylog before.
    package func prepare() async throws(GraylogProblem) -> [String] {
        let presence = try await installer.presence(for: goal)
        report(.done("Graylog \(presence.version) at \(client.url)"))
        let plan = try goal.plan(in: presence)
        prepared = (plan, presence)
        for note in plan.notes { report(.note(note)) }
        // The inputs of older packs are gone then.
        let gone = presence.inputsOfPacks(besides: plan.kept)
        let inputPlan = try self.inputPlan(among: presence.inputs, without: gone)
        for note in (inputPlan?.notes ?? []) + (inputPlan?.faults ?? []) { report(.note(note)) }
        let allowance = await allowanceIntention()
        let intentions = plan.steps.map(\.intention) + (inputPlan?.steps.map(\.intention) ?? []) + allowance
        if intentions.isEmpty { report(.done("the content pack is installed already: nothing to do")) }
        return intentions
    }

    /// What is done after all changes, in words that follow "would".
    package var proofIntentions: [String] { proof?.intentions ?? [] }

    /// Does what is to do.
    ///
    /// - Throws: what Graylog has not done, what it has now and how to complete it; or what makes alerts mute.
    package func carryOut() async throws(GraylogProblem) {
        guard let (plan, presence) = prepared else { preconditionFailure("prepare() looks first") }
        // Graylog looks at a new alert within a minute, and the rest of the way may take longer.
        if let proof { installer.didInstall = { await proof.quieten($0) } }
        let installation = try await installer.reach(goal, by: plan, in: presence)
        if let installation { await proof?.quieten(installation) }
        let faults = try await makeInputs()
        await allowWebhook()
        await proof?.proveOutputs()
        let last = await proof?.awaitHeartbeats(installation) ?? []
        for sentence in last { report(.done(sentence)) }
        if let fault = faults.first { throw GraylogProblem(fault) }
    }

    /// nil when it is not known which inputs there are.
    private func inputPlan(
        among existing: [PackPresence.Input]?, without gone: Set<GraylogID> = []
    ) throws(GraylogProblem) -> InputPlan? {
        guard let existing else { return nil }
        return try InputPlan.making(inputs, besides: existing, without: gone, isUpdating: isUpdatingInputs)
    }

    /// - Returns: what makes alerts mute.
    private func makeInputs() async throws(GraylogProblem) -> [String] {
        guard !inputs.isEmpty else { return [] }
        let existing: [PackPresence.Input]?
        do throws(GraylogProblem) {
            existing = try await installer.inputs()
        } catch {
            throw goal.failure(error, standing: "\(goal.arrival), and its inputs are not looked at")
        }
        guard let plan = try inputPlan(among: existing) else {
            for input in inputs {
                report(.note("make the input \(input.quotedTitle) in System / Inputs, if there is none"))
            }
            return []
        }
        try await inputInstaller.carryOut(plan, for: goal)
        return plan.faults
    }

    private var webhookPlace: String { "the webhook at \(options.webhookHost ?? "")" }

    /// Empty when the webhook's URL is on the allowlist, or there is none.
    private func allowanceIntention() async -> [String] {
        guard let webhook = options.webhook else { return [] }
        let isAllowed = try? await client.allows(webhook)
        guard isAllowed != true else { return [] }
        // Why it is not known is said where the URL is put there.
        return ["put \(webhookPlace) on Graylog's URL allowlist\(isAllowed == nil ? ", unless it is there" : "")"]
    }

    /// Without it Graylog sends nothing to the webhook. All else is of use nevertheless.
    private func allowWebhook() async {
        guard let webhook = options.webhook else { return }
        let place = webhookPlace
        do throws(GraylogProblem) {
            let outcome = try await client.allow(webhook)
            let list = "Graylog's URL allowlist"
            report(.done(outcome == .added ? "put \(place) on \(list)" : "\(place) is allowed by \(list)"))
        } catch {
            report(
                .note(
                    "\(error.summary): put \(place) on the URL allowlist in System / Configurations; until then Graylog "
                        + "sends nothing there"))
        }
    }
}
