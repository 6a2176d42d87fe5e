// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Installs and uninstalls the content pack in a Graylog: reads what is there, and carries out what `PackPlan` decides.
@ServiceLoop
package final class PackInstaller {
    /// What is told while it goes on.
    package enum Report: Equatable, Sendable {
        /// Something was done, or found as it should be.
        case done(String)
        /// Something that should be known.
        case note(String)
    }

    /// How long an input may take to start.
    nonisolated static let startLimit = Duration.seconds(10)
    /// How long an installation may take to end whose answer is lost. Graylog lists it only then.
    nonisolated static let lostLimit = Duration.seconds(180)
    /// From one look at that to the next.
    private nonisolated static let lookInterval = Duration.milliseconds(250)

    private let client: GraylogClient
    private let startLimit: Duration
    private let lostLimit: Duration
    private let report: (Report) -> Void
    /// What Graylog has answered to the latest installation.
    private var installed: PackPresence.Installation?

    /// - Parameters:
    ///   - startLimit: a constant to all but a test, as is `lostLimit`.
    ///   - report: called on the event loop.
    package init(
        _ client: GraylogClient, startLimit: Duration = PackInstaller.startLimit,
        lostLimit: Duration = PackInstaller.lostLimit, report: @escaping (Report) -> Void
    ) {
        self.client = client
        self.startLimit = startLimit
        self.lostLimit = lostLimit
        self.report = report
    }

    /// What Graylog has of the pack.
    package func presence() async throws(GraylogProblem) -> PackPresence {
        let version = try await client.version()
        let revisions = try await revisions()
        let inputs = try await inputs()
        return PackPresence(
            version: version, revisions: revisions, installations: try await installations(besides: inputs),
            inputs: inputs ?? [])
    }

    /// Does what the plan says, step by step.
    ///
    /// - Parameters:
    ///   - pack: nil when nothing is to be uploaded.
    ///   - presence: what the plan was made for.
    /// - Throws: what Graylog has not done. When that is an installation, the one before was made again, if there was
    ///   one.
    package func carryOut(
        _ plan: PackPlan, of pack: ContentPack?, in presence: PackPresence
    ) async throws(GraylogProblem) {
        for step in plan.steps {
            do throws(GraylogProblem) {
                try await carryOut(step, of: pack, on: presence.version)
            } catch {
                switch step {
                case .install:
                    try await recover(from: error, plan, on: presence.version)
                case .store, .delete:
                    report(.note(error.description))
                default:
                    throw error
                }
            }
        }
    }

    /// Sees to it that the pack's input runs on the node that answers.
    ///
    /// - Throws: when it does not.
    package func checkInput(after plan: PackPlan) async throws(GraylogProblem) {
        guard let input = (installed ?? plan.kept)?.input else { return }
        let deadline = Instant.now + startLimit
        var condition: InputCondition
        do throws(GraylogProblem) {
            condition = try await self.condition(of: input)
        } catch {
            guard error.isForbidden else { throw error }
            return report(.note("\(error): look whether it runs in System / Inputs"))
        }
        while condition.isPassing, Instant.now < deadline {
            try? await Task.sleep(for: Self.lookInterval)
            condition = try await self.condition(of: input)
        }
        let sentence = condition.sentence(on: input.title)
        switch condition {
        case .running: report(.done(sentence))
        case .absent: report(.note(sentence))
        case .coming, .wrong: throw GraylogProblem(sentence)
        }
    }

    // MARK: Steps

    private func carryOut(
        _ step: PackStep, of pack: ContentPack?, on version: GraylogRelease
    ) async throws(GraylogProblem) {
        switch step {
        case .upload(let revision):
            guard let pack else { preconditionFailure("what is uploaded was made before") }
            try await client.send(.upload(pack.json(revision: revision)))
        case .uninstall(let installation):
            let answer: RESTAnswer.Uninstallation = try await client.ask(.uninstall(installation.id))
            let left = answer.uninstalled?.failedEntities ?? []
            if !left.isEmpty { report(.note(PackStep.leftovers(left.map(\.title)))) }
        case .install(let revision):
            let answer: RESTAnswer.Installation = try await client.ask(.install(revision, on: version))
            installed = try await installation(answer, isNew: true)
        case .store(let storage):
            guard let stream = installed?.stream, stream.storage != storage else { return }
            try await client.send(.store(storage, of: stream.id))
        case .start:
            guard let stream = installed?.stream else {
                throw GraylogProblem(
                    "Graylog has not said which stream it has made: resume it in Streams, if it is paused")
            }
            guard stream.isPaused else { return }
            try await client.send(.resume(stream.id))
        case .resume(let stream):
            try await client.send(.resume(stream.id))
        case .delete(let revision):
            try await client.send(.delete(revision))
        case .deleteAll:
            try await client.send(.delete())
        }
        report(.done(step.report))
    }

    /// Goes back to the revision before, if it must.
    private func recover(
        from problem: GraylogProblem, _ plan: PackPlan, on version: GraylogRelease
    ) async throws(GraylogProblem) {
        let (aftermath, installations) = try await aftermath(of: problem, plan)
        switch aftermath {
        case .installed(let installation):
            installed = installation
            report(.note("\(problem), but it is installed"))
        case .restoration(let steps):
            report(.note("going back to the revision before"))
            do throws(GraylogProblem) {
                for step in steps { try await carryOut(step, of: nil, on: version) }
            } catch {
                throw GraylogProblem("\(problem); to go back has failed, too: \(error)")
            }
            throw GraylogProblem("\(problem); what was installed before is installed again")
        case .nothing:
            let rest = installations.last.map { "revision \($0.revision) is installed" }
            throw GraylogProblem("\(problem); \(rest ?? "the content pack is not installed")")
        }
    }

    /// What Graylog has now. Where no answer came, it may still be at work: then it gets a while.
    private func aftermath(
        of problem: GraylogProblem, _ plan: PackPlan
    ) async throws(GraylogProblem) -> (PackPlan.Aftermath, [PackPresence.Installation]) {
        let deadline = Instant.now + lostLimit
        while true {
            let installations: [PackPresence.Installation]
            do throws(GraylogProblem) {
                installations = try await self.installations()
            } catch {
                throw GraylogProblem("\(problem) (\(error))", isUncertain: true)
            }
            let aftermath = plan.aftermath(in: installations)
            if case .installed = aftermath { return (aftermath, installations) }
            guard problem.isUncertain, Instant.now < deadline else { return (aftermath, installations) }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    // MARK: Reading

    /// Those that the token's user may see; nil where a proxy lets no one look: whether another one has the pack's port is
    /// then seen when it is installed.
    private func inputs() async throws(GraylogProblem) -> [PackPresence.Input]? {
        do throws(GraylogProblem) {
            let answer: RESTAnswer.Inputs = try await client.ask(.inputs)
            return try answer.inputs.map { input throws(GraylogProblem) in
                PackPresence.Input(
                    id: try Self.id(input.id), title: input.title, type: input.type, port: input.attributes?.port)
            }
        } catch {
            guard error.isWithheld else { throw error }
            report(.note("\(error): whether another input has the pack's port is not known"))
            return nil
        }
    }

    private func condition(of input: PackPresence.Entity) async throws(GraylogProblem) -> InputCondition {
        do throws(GraylogProblem) {
            let answer: RESTAnswer.InputState = try await client.ask(.inputState(input.id))
            return InputCondition(state: answer.state, detail: answer.detailedMessage)
        } catch {
            guard error.isMissing else { throw error }
            return .absent
        }
    }

    private func revisions() async throws(GraylogProblem) -> [PackPresence.Revision] {
        do throws(GraylogProblem) {
            let answer: RESTAnswer.Revisions = try await client.ask(.revisions)
            return answer.packs.compactMap { number, pack in
                Int(number).map { PackPresence.Revision(number: $0, description: pack.description ?? "") }
            }
        } catch {
            guard error.isMissing else { throw error }
            return []
        }
    }

    /// - Parameter inputs: what Graylog lists of them; nil when that is not known.
    private func installations(
        besides inputs: [PackPresence.Input]? = nil
    ) async throws(GraylogProblem) -> [PackPresence.Installation] {
        let answer: RESTAnswer.Installations = try await client.ask(.installations)
        var installations: [PackPresence.Installation] = []
        for installation in answer.installations.sorted(by: { ($0.createdAt ?? "") < ($1.createdAt ?? "") }) {
            installations.append(try await self.installation(installation, besides: inputs))
        }
        return installations
    }

    /// - Parameter isNew: whether Graylog has just made it.
    private func installation(
        _ answer: RESTAnswer.Installation, isNew: Bool = false, besides inputs: [PackPresence.Input]? = nil
    ) async throws(GraylogProblem) -> PackPresence.Installation {
        var stream: PackPresence.Stream?
        if let entity = answer.entities.first(where: { $0.type.name == "stream" && $0.packID == ContentPack.streamID })
        {
            stream = try await self.stream(try Self.id(entity.id), isNew: isNew)
        }
        let entities = try answer.entities.map { entity throws(GraylogProblem) in
            PackPresence.Entity(kind: entity.type.name, id: try Self.id(entity.id), title: entity.title)
        }
        return PackPresence.Installation(
            id: try Self.id(answer.id), revision: answer.revision, entities: entities, stream: stream,
            hasLostInput: try await hasLost(entities.first { $0.kind == "input" }, besides: inputs))
    }

    /// Whether an input is gone. The list leaves out what the token's user may not see, whose state he may not ask for, too.
    private func hasLost(
        _ input: PackPresence.Entity?, besides inputs: [PackPresence.Input]?
    ) async throws(GraylogProblem) -> Bool {
        guard let input, let inputs, !inputs.contains(where: { $0.id == input.id }) else { return false }
        do throws(GraylogProblem) {
            return try await condition(of: input) == .absent
        } catch {
            guard error.isForbidden else { throw error }
            return false
        }
    }

    /// nil when somebody has deleted it. A new one that cannot be looked at counts as paused: to resume it does no harm.
    private func stream(_ id: GraylogID, isNew: Bool) async throws(GraylogProblem) -> PackPresence.Stream? {
        do throws(GraylogProblem) {
            let answer: RESTAnswer.Stream = try await client.ask(.stream(id))
            let indexSet = try answer.indexSet.map { text throws(GraylogProblem) in try Self.id(text) }
            return PackPresence.Stream(
                id: id, isPaused: answer.disabled,
                storage: indexSet.map {
                    PackPresence.StreamStorage(
                        indexSet: $0, leavesDefaultStream: answer.leavesDefaultStream ?? false)
                })
        } catch {
            if isNew, error.isWithheld { return PackPresence.Stream(id: id, isPaused: true) }
            guard error.isMissing else { throw error }
            return nil
        }
    }

    private nonisolated static func id(_ text: String) throws(GraylogProblem) -> GraylogID {
        do {
            return try GraylogID(parsing: text)
        } catch {
            throw GraylogProblem("Graylog's answer is not understood: \(error)")
        }
    }
}
