// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// Makes, changes and deletes inputs of a Graylog by REST, and sees to it that they run.
@ServiceLoop
package final class InputInstaller {
    /// How long an input may take to start.
    nonisolated static let startLimit = Duration.seconds(10)
    /// From one look at that to the next.
    private nonisolated static let lookInterval = Duration.milliseconds(250)

    private let client: GraylogClient
    private let startLimit: Duration
    private let lostLimit: Duration
    private let report: (PackInstaller.Report) -> Void

    /// - Parameters:
    ///   - startLimit: a constant to all but a test, as is `lostLimit`.
    ///   - report: called on the event loop.
    package init(
        _ client: GraylogClient, startLimit: Duration = InputInstaller.startLimit,
        lostLimit: Duration = PackInstaller.lostLimit, report: @escaping (PackInstaller.Report) -> Void
    ) {
        self.client = client
        self.startLimit = startLimit
        self.lostLimit = lostLimit
        self.report = report
    }

    /// Does what the plan says, and looks whether each input runs on the node that answers.
    ///
    /// - Throws: what Graylog has not done, and how to complete it.
    package func carryOut(_ plan: InputPlan, for goal: PackGoal) async throws(GraylogProblem) {
        do throws(GraylogProblem) {
            for step in plan.steps { try await carryOut(step) }
            for input in plan.kept { try await mustRun(input) }
        } catch {
            throw goal.failure(error, standing: goal.arrival)
        }
    }

    private func carryOut(_ step: InputPlan.Step) async throws(GraylogProblem) {
        switch step {
        case .make(let wanted):
            let made = try await make(wanted)
            report(.done(step.report))
            guard let condition = try await check(made.id, made.title), case .wrong = condition else { return }
            // Nothing is left behind that does not run.
            let reason = condition.sentence(on: made.title)
            do throws(GraylogProblem) {
                try await remove(made)
            } catch {
                throw GraylogProblem("\(reason); \(error.summary)")
            }
            throw GraylogProblem("\(reason); the input was deleted again")
        case .change(let input, let wanted):
            try await certainly(.change(input, to: wanted)) { inputs in
                inputs.contains { $0.id == input.id && wanted.isMet(by: $0) }
            }
            report(.done(step.report))
            try await mustRun(input)
        case .remove(let input):
            try await remove(input)
            report(.done(step.report))
        }
    }

    private func make(_ wanted: WantedInput) async throws(GraylogProblem) -> PackPresence.Input {
        func isMade(_ input: PackPresence.Input) -> Bool {
            input.type == wanted.type && input.port == Int(wanted.port) && input.title == wanted.title
        }
        try await certainly(.make(wanted)) { $0.contains(where: isMade) }
        let made = try await client.inputs().filter(isMade)
        // Graylog may have made it after the answer was lost and it was asked again. The older one has the port.
        for double in made.dropFirst() { try await remove(double) }
        guard let made = made.first else {
            throw GraylogProblem(
                "Graylog does not show the input \(wanted.quotedTitle), which it has made: the token's user needs the "
                    + "permission inputs:read; delete that input in System / Inputs")
        }
        return made
    }

    private func remove(_ input: PackPresence.Input) async throws(GraylogProblem) {
        try await certainly(.remove(input)) { inputs in !inputs.contains { $0.id == input.id } }
    }

    /// Has a change made. When the answer is lost, Graylog's inputs say whether it was made; if not, it is asked for
    /// again.
    private func certainly(
        _ request: RESTRequest, unless isDone: ([PackPresence.Input]) -> Bool
    ) async throws(GraylogProblem) {
        try await client.send(request) { problem throws(GraylogProblem) in
            report(.note("\(problem.summary); looking at what Graylog has"))
            return try await inputs(after: problem, until: isDone)
        }
    }

    /// Whether the inputs are as they should be, once Graylog answers again; it may take a while to do what it was
    /// asked for.
    private func inputs(
        after problem: GraylogProblem, until isDone: ([PackPresence.Input]) -> Bool
    ) async throws(GraylogProblem) -> Bool {
        let deadline = Instant.now + lostLimit
        var lateDeadline: Instant?
        while true {
            do throws(GraylogProblem) {
                if isDone(try await client.inputs()) { return true }
                let end = lateDeadline ?? Instant.now + startLimit
                lateDeadline = end
                guard Instant.now < end else { return false }
            } catch {
                guard !error.isWithheld, Instant.now < deadline else {
                    throw GraylogProblem("\(problem.summary) (\(error.summary))", isUncertain: true)
                }
            }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    // MARK: Whether it runs

    /// - Throws: that it does not run, or not yet.
    private func mustRun(_ input: PackPresence.Input) async throws(GraylogProblem) {
        guard let condition = try await check(input.id, input.title), case .wrong = condition else { return }
        throw GraylogProblem(condition.sentence(on: input.title))
    }

    /// Looks how an input is, until it runs or that takes too long, and says it.
    ///
    /// - Returns: nil when the token's user may not look.
    /// - Throws: that it does not run yet, or why that is not known.
    private func check(_ id: GraylogID, _ title: String) async throws(GraylogProblem) -> InputCondition? {
        guard let condition = try await settled(id) else { return nil }
        let sentence = condition.sentence(on: title)
        switch condition {
        case .running: report(.done(sentence))
        case .absent: report(.note(sentence))
        case .coming: throw GraylogProblem(sentence)
        case .wrong: break
        }
        return condition
    }

    /// How an input is once that will stay, or at the end of the time for it. A look that fails is repeated.
    private func settled(_ id: GraylogID) async throws(GraylogProblem) -> InputCondition? {
        let deadline = Instant.now + startLimit
        while true {
            do throws(GraylogProblem) {
                let condition = try await client.condition(of: id)
                guard condition.isPassing, Instant.now < deadline else { return condition }
            } catch {
                if error.isForbidden {
                    report(.note("\(error): look whether it runs in System / Inputs"))
                    return nil
                }
                guard Instant.now < deadline else { throw error }
            }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }
}
