// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// Installs and uninstalls the content pack in a Graylog: reads what is there, and carries out what `PackGoal` decides.
///
/// An answer that cannot be read says nothing of what Graylog has done: 6.0 to 6.2 break off the answer to an
/// uninstallation, and any connection may be lost. Then Graylog is asked what it has, and the rest of the way is
/// planned anew from there.
@ServiceLoop
package final class PackInstaller {
    /// How one thing of an installation is.
    private enum EntityCondition {
        case there
        case lost
        case off
    }

    /// Progress.
    package enum Report: Equatable, Sendable {
        /// Something was done, or found as it should be.
        case done(String)
        /// Something that should be known.
        case note(String)
    }

    /// How long Graylog may be away, or may take to install a pack, after an answer was lost. It lists an installation
    /// only when all of it is there.
    nonisolated static let lostLimit = Duration.seconds(60)
    /// From one look at that to the next.
    private nonisolated static let lookInterval = Duration.milliseconds(250)
    /// How often in a row an answer may be lost without any step done.
    private nonisolated static let mostAttempts = 2

    private let client: GraylogClient
    private let lostLimit: Duration
    private let overlap: Duration
    private let report: (Report) -> Void
    /// The installation that stays, once it is there.
    private var installed: PackPresence.Installation?
    private var hasNotedInputs = false
    /// Called as soon as Graylog has installed a revision, before its stream runs.
    var didInstall: (PackPresence.Installation) async -> Void = { _ in }

    /// - Parameters:
    ///   - lostLimit: a constant to all but a test, as is `overlap`.
    ///   - report: called on the event loop.
    package init(
        _ client: GraylogClient, lostLimit: Duration = PackInstaller.lostLimit, overlap: Duration = PackPlan.overlap,
        report: @escaping (Report) -> Void
    ) {
        self.client = client
        self.lostLimit = lostLimit
        self.overlap = overlap
        self.report = report
    }

    /// What Graylog has of the pack; whether it has all of it, where that is the goal's own.
    package func presence(for goal: PackGoal) async throws(GraylogProblem) -> PackPresence {
        let version = try await client.version()
        let revisions = try await revisions()
        let inputs = try await inputs()
        var installations = try await installations()
        let wanted = goal.fingerprint.map { own in revisions.filter { $0.fingerprint == own }.map(\.number) } ?? []
        for index in installations.indices where wanted.contains(installations[index].revision) {
            for entity in installations[index].entities {
                switch try await condition(of: entity, besides: inputs) {
                case .there: break
                case .lost: installations[index].lost.append(entity)
                case .off: installations[index].off.append(entity)
                }
            }
        }
        return PackPresence(version: version, revisions: revisions, installations: installations, inputs: inputs)
    }

    /// Does what is to do, step by step, and finds its way again after each answer that is lost.
    ///
    /// - Parameters:
    ///   - plan: the first one.
    ///   - presence: what that plan was made for.
    /// - Returns: the installation that Graylog has at the end; nil when it is to have none.
    /// - Throws: what Graylog has not done, what it has now, and how to complete it.
    package func reach(
        _ goal: PackGoal, by plan: PackPlan, in presence: PackPresence
    ) async throws(GraylogProblem) -> PackPresence.Installation? {
        var plan = plan
        var attempts = 0
        while true {
            installed = plan.kept
            var step: PackStep?
            do throws(GraylogProblem) {
                for next in plan.steps {
                    step = next
                    try await carryOut(next, of: goal.pack, on: presence.version)
                }
                return installed
            } catch {
                guard error.isUncertain, attempts < Self.mostAttempts else {
                    throw goal.failure(error, standing: await standing())
                }
                report(.note("\(error.summary); looking at what Graylog has"))
                let count = plan.steps.count
                do throws(GraylogProblem) {
                    plan = try goal.plan(in: try await self.presence(for: goal, after: step))
                } catch let problem {
                    throw goal.failure(error, standing: "what Graylog has now is not known (\(problem.summary))")
                }
                attempts = plan.steps.count < count ? 0 : attempts + 1
            }
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
            let new = try await installation(answer, isNew: true)
            installed = new
            await didInstall(new)
        case .store(let storage):
            guard let stream = installed?.stream, stream.storage != storage else { return }
            do throws(GraylogProblem) {
                try await client.send(.store(storage, of: stream.id))
            } catch {
                guard !error.isUncertain else { throw error }
                return report(.note(error.description))
            }
        case .start:
            guard let stream = installed?.stream else {
                throw GraylogProblem(
                    "Graylog has not said which stream it has made: resume it in Streams, if it is paused")
            }
            guard stream.isPaused else { return }
            try await client.send(.resume(stream.id))
        case .resume(let stream):
            try await client.send(.resume(stream.id))
        case .overlap:
            report(.done(step.report))
            try? await Task.sleep(for: overlap)
            return
        case .delete(let revision):
            do throws(GraylogProblem) {
                try await client.send(.delete(revision))
            } catch {
                guard !error.isUncertain else { throw error }
                return report(.note(error.description))
            }
        case .deleteAll:
            try await client.send(.delete())
        }
        report(.done(step.report))
    }

    /// What Graylog has, once it answers again; and, where an installation was on its way, once that is there, or it is
    /// late.
    private func presence(
        for goal: PackGoal, after step: PackStep?
    ) async throws(GraylogProblem) -> PackPresence {
        let deadline = Instant.now + lostLimit
        while true {
            do throws(GraylogProblem) {
                let presence = try await presence(for: goal)
                guard case .install(let revision)? = step, Instant.now < deadline,
                    !presence.installations.contains(where: { $0.revision == revision && $0.id != installed?.id })
                else { return presence }
            } catch {
                guard !error.isWithheld, Instant.now < deadline else { throw error }
            }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    private func standing() async -> String {
        do throws(GraylogProblem) {
            return PackPlan.standing(try await installations())
        } catch {
            return "what Graylog has now is not known (\(error.summary))"
        }
    }

    // MARK: Reading

    /// Those that the token's user may see; nil where a proxy lets no one look.
    package func inputs() async throws(GraylogProblem) -> [PackPresence.Input]? {
        do throws(GraylogProblem) {
            return try await client.inputs()
        } catch {
            guard error.isWithheld else { throw error }
            if !hasNotedInputs { report(.note("\(error): whether another input has a port is not known")) }
            hasNotedInputs = true
            return nil
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

    private func installations() async throws(GraylogProblem) -> [PackPresence.Installation] {
        let answer: RESTAnswer.Installations = try await client.ask(.installations)
        var installations: [PackPresence.Installation] = []
        for installation in answer.installations.sorted(by: { ($0.createdAt ?? "") < ($1.createdAt ?? "") }) {
            installations.append(try await self.installation(installation))
        }
        return installations
    }

    /// - Parameter isNew: whether Graylog has just made it.
    private func installation(
        _ answer: RESTAnswer.Installation, isNew: Bool = false
    ) async throws(GraylogProblem) -> PackPresence.Installation {
        var stream: PackPresence.Stream?
        if let entity = answer.entities.first(where: { $0.type.name == "stream" && $0.packID == ContentPack.streamID })
        {
            stream = try await self.stream(try GraylogID(answered: entity.id), isNew: isNew)
        }
        let entities = try answer.entities.map { entity throws(GraylogProblem) in
            PackPresence.Entity(kind: entity.type.name, id: try GraylogID(answered: entity.id), title: entity.title)
        }
        return PackPresence.Installation(
            id: try GraylogID(answered: answer.id), revision: answer.revision, entities: entities, stream: stream)
    }

    /// How one thing of an installation is. What the token's user may not see counts as there.
    ///
    /// - Parameter inputs: what Graylog lists of them; nil when that is not known. The list leaves out what the user
    ///   may not see.
    private func condition(
        of entity: PackPresence.Entity, besides inputs: [PackPresence.Input]?
    ) async throws(GraylogProblem) -> EntityCondition {
        do throws(GraylogProblem) {
            switch entity.kind {
            case "event_definition":
                let definition: RESTAnswer.Definition = try await client.ask(.definition(entity.id))
                return definition.isScheduled || HeartbeatSource.isAnySilenceAlert(entity) ? .there : .off
            case "notification": try await client.send(.notification(entity.id))
            case "dashboard": try await client.send(.dashboard(entity.id))
            case "input":
                guard let inputs, !inputs.contains(where: { $0.id == entity.id }) else { return .there }
                return try await client.condition(of: entity.id) == .absent ? .lost : .there
            default: break
            }
            return .there
        } catch {
            guard error.isWithheld else { throw error }
            return error.isMissing ? .lost : .there
        }
    }

    /// nil when it was deleted. A new one that cannot be looked at counts as paused: to resume it does no harm.
    private func stream(_ id: GraylogID, isNew: Bool) async throws(GraylogProblem) -> PackPresence.Stream? {
        do throws(GraylogProblem) {
            let answer: RESTAnswer.Stream = try await client.ask(.stream(id))
            let indexSet = try answer.indexSet.map { text throws(GraylogProblem) in try GraylogID(answered: text) }
            return PackPresence.Stream(
                id: id, isPaused: answer.disabled,
                storage: indexSet.map {
                    PackPresence.StreamStorage(
                        indexSet: $0, leavesDefaultStream: answer.leavesDefaultStream ?? false)
                })
        } catch {
            if isNew { return PackPresence.Stream(id: id, isPaused: true) }
            guard error.isMissing else { throw error }
            return nil
        }
    }
}
