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
    /// How often a change is asked for whose answer is lost.
    private nonisolated static let mostAttempts = 2

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
            for input in plan.kept { try await check(input.id, input.title) }
        } catch {
            let rest = "hsmwatch's messages wait in its spool"
            throw goal.failure(error, standing: rest)
        }
    }

    private func carryOut(_ step: InputPlan.Step) async throws(GraylogProblem) {
        switch step {
        case .make(let wanted):
            let made = try await make(wanted)
            report(.done(step.report))
            do throws(GraylogProblem) {
                try await check(made.id, made.title)
            } catch {
                // Nothing is left behind that does not run.
                try await remove(made)
                throw GraylogProblem("\(error.summary); the input was deleted again")
            }
        case .change(let input, let wanted):
            try await certainly(.change(input, to: wanted)) { inputs in
                inputs.contains { $0.id == input.id && wanted.isMet(by: $0) }
            }
            report(.done(step.report))
            try await check(input.id, input.title)
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
        guard let made = try await client.inputs().last(where: isMade) else {
            throw GraylogProblem(
                "Graylog does not show the input \(wanted.quotedTitle), which it has made: the token's user needs the "
                    + "permission inputs:read; delete that input in System / Inputs")
        }
        return made
    }

    private func remove(_ input: PackPresence.Input) async throws(GraylogProblem) {
        try await certainly(.remove(input)) { inputs in !inputs.contains { $0.id == input.id } }
    }

    /// Has a change made. When the answer is lost, Graylog's inputs say whether it was made; if not, it is asked for again.
    private func certainly(
        _ request: RESTRequest, unless isDone: ([PackPresence.Input]) -> Bool
    ) async throws(GraylogProblem) {
        var attempts = 0
        while true {
            do throws(GraylogProblem) {
                return try await client.send(request)
            } catch {
                attempts += 1
                guard error.isUncertain else { throw error }
                report(.note("\(error.summary); looking at what Graylog has"))
                if isDone(try await inputs(after: error)) { return }
                guard attempts < Self.mostAttempts else { throw error }
            }
        }
    }

    /// The inputs, once Graylog answers again.
    private func inputs(after problem: GraylogProblem) async throws(GraylogProblem) -> [PackPresence.Input] {
        let deadline = Instant.now + lostLimit
        while true {
            do throws(GraylogProblem) {
                return try await client.inputs()
            } catch {
                guard !error.isWithheld, Instant.now < deadline else {
                    throw GraylogProblem("\(problem.summary) (\(error.summary))", isUncertain: true)
                }
            }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    // MARK: Whether it runs

    private func check(_ id: GraylogID, _ title: String) async throws(GraylogProblem) {
        let deadline = Instant.now + startLimit
        var condition: InputCondition
        do throws(GraylogProblem) {
            condition = try await client.condition(of: id)
            while condition.isPassing, Instant.now < deadline {
                try? await Task.sleep(for: Self.lookInterval)
                condition = try await client.condition(of: id)
            }
        } catch {
            guard error.isForbidden else { throw error }
            return report(.note("\(error): look whether it runs in System / Inputs"))
        }
        let sentence = condition.sentence(on: title)
        switch condition {
        case .running: report(.done(sentence))
        case .absent: report(.note(sentence))
        case .coming, .wrong: throw GraylogProblem(sentence)
        }
    }
}
