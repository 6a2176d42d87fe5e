// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What to do so that a Graylog has the content pack that fits the configuration, or none.
///
/// Graylog changes no installed pack. The new revision is installed beside the old one, and the old one is uninstalled
/// only when the new stream has run for `overlap`: whatever fails on the way, one of the two raises alerts, and what
/// came just before the new stream ran is in the old one until its alerts have looked at it.
package struct PackPlan: Equatable, Sendable {
    /// Why something is uninstalled.
    private enum Reason {
        case replacement
        /// Another installation is the right one.
        case surplus
        case removal
    }

    /// What is kept of revisions, the installed one among them: enough to go back by hand, and few enough to list.
    static let keptRevisions = 5

    /// How long both revisions watch: the time from one look of an alert to the next, and ten seconds for a message to
    /// be stored and for its mail to leave. Live servers took 21 s at most from a message to its mail.
    package static let overlap = AlertDefinitions.moment + .seconds(10)

    /// In their order.
    package let steps: [PackStep]
    /// What a person should know before, a sentence each.
    package let notes: [String]
    /// The installation that stays.
    package let kept: PackPresence.Installation?

    private init(steps: [PackStep], notes: [String], kept: PackPresence.Installation? = nil) {
        self.steps = steps
        self.notes = notes
        self.kept = kept
    }

    // MARK: Installing

    /// The way to an installed pack.
    ///
    /// - Parameter fingerprint: the pack's.
    /// - Throws: what has to be changed in Graylog before.
    package static func installing(
        fingerprint: String, in presence: PackPresence
    ) throws(GraylogProblem) -> PackPlan {
        guard presence.version >= .oldest else {
            throw GraylogProblem(
                "Graylog \(presence.version) is too old for the content pack; needed: \(GraylogRelease.oldest) or later"
            )
        }
        let same = presence.revisions.filter { $0.fingerprint == fingerprint }.map(\.number)
        let current = presence.installations.first { same.contains($0.revision) && $0.isWhole }
        let superfluous = presence.installations.filter { $0.id != current?.id }
        let removal = removal(of: superfluous)
        let storage = superfluous.last { $0.revision != current?.revision }?.stream?.storage
        if let current {
            return PackPlan(
                steps: completion(of: current, storage) + removal
                    + (superfluous.isEmpty ? [] : deletions(besides: current.revision, of: presence.revisions)),
                notes: current.off.map(note(onSwitchedOff:)) + notes(before: superfluous, .surplus), kept: current)
        }
        let next = if let known = same.last { known } else { try number(after: presence.revisions) }
        let upload: [PackStep] = same.isEmpty ? [.upload(revision: next)] : []
        let installation: [PackStep] = [.install(revision: next)] + (storage.map { [.store($0)] } ?? []) + [.start]
        return PackPlan(
            steps: upload + installation + removal + deletions(besides: next, of: presence.revisions),
            notes: superfluous.compactMap(note(onDamaged:)) + notes(before: superfluous, .replacement))
    }

    /// The way without what another installation replaces. One whose stream runs stays until its alerts have looked at
    /// the last message that only its stream has.
    private static func removal(of superfluous: [PackPresence.Installation]) -> [PackStep] {
        let watching = superfluous.filter(\.isWatching).map(\.revision)
        return (watching.isEmpty ? [] : [.overlap(with: watching)]) + superfluous.map(PackStep.uninstall)
    }

    /// What an installation lacks when the command that made it was interrupted, or when its stream was paused by hand.
    private static func completion(
        of current: PackPresence.Installation, _ storage: PackPresence.StreamStorage?
    ) -> [PackStep] {
        guard let stream = current.stream else { return [] }
        let storing: [PackStep] = storage.map { $0 == stream.storage ? [] : [.store($0)] } ?? []
        return storing + (stream.isPaused ? [.resume(stream)] : [])
    }

    private static func number(after revisions: [PackPresence.Revision]) throws(GraylogProblem) -> Int {
        let next = (revisions.map(\.number).max() ?? 0) + 1
        guard ContentPack.revisions.contains(next) else {
            throw GraylogProblem(
                "Graylog has revision \(next - 1) of the content pack, and there is none above it: delete that one")
        }
        return next
    }

    /// Old revisions that hsmwatch has uploaded. Revisions that others made of the pack stay.
    private static func deletions(besides next: Int, of revisions: [PackPresence.Revision]) -> [PackStep] {
        revisions.filter { $0.number != next && $0.fingerprint != nil }.map(\.number)
            .dropLast(keptRevisions - 1).map(PackStep.delete)
    }

    // MARK: Uninstalling

    /// The way to a Graylog without the pack.
    package static func uninstalling(from presence: PackPresence) -> PackPlan {
        PackPlan(
            steps: presence.installations.map(PackStep.uninstall)
                + (presence.revisions.isEmpty ? [] : [.deleteAll]),
            notes: notes(before: presence.installations, .removal))
    }

    // MARK: What should be known

    /// What Graylog has of the pack, for the last line of a command that has failed.
    package static func standing(_ installations: [PackPresence.Installation]) -> String {
        guard let last = installations.last else {
            return "the content pack is not installed, so Graylog has no alerts of hsmwatch"
        }
        func numbers(_ installations: [PackPresence.Installation]) -> String {
            let numbers = installations.map { "\($0.revision)" }.joined(separator: " and ")
            return "revision\(installations.count == 1 ? "" : "s") \(numbers)"
        }
        let watching = installations.filter(\.isWatching)
        switch watching.count {
        case 0:
            let reason = last.stream == nil ? "without a stream" : "but its stream is paused"
            return "revision \(last.revision) is installed, \(reason), so that no alert comes"
        case 1:
            return "\(numbers(watching)) is installed, with its alerts"
        default:
            return "\(numbers(watching)) are installed, so that an alert comes more than once"
        }
    }

    /// Which parts of the wanted installation are gone; nil when none is.
    private static func note(onDamaged installation: PackPresence.Installation) -> String? {
        guard !installation.lost.isEmpty else { return nil }
        let titles = installation.lost.map { "the \($0.kind.replacing("_", with: " ")) \($0.title.quoted)" }
        return "Graylog no longer has \(titles.joined(separator: ", ")): the pack is installed anew"
    }

    private static func note(onSwitchedOff alert: PackPresence.Entity) -> String {
        "the alert \(alert.title.quoted) is switched off in Graylog, and stays so: switch it on in Alerts"
    }

    private static func notes(before uninstalled: [PackPresence.Installation], _ reason: Reason) -> [String] {
        let entities = uninstalled.flatMap(\.entities)
        guard !entities.isEmpty else { return [] }
        let hasInput = entities.contains { $0.kind == "input" }
        let hasStream = entities.contains { $0.kind == "stream" }
        let common = "to uninstall deletes \(PackStep.list(entities)), with all that was changed in them by hand"
        let consequences: [String?] =
            switch reason {
            case .replacement:
                [
                    "an alert may come twice while both revisions are installed, for about \(overlap.wholeSeconds) s",
                    hasInput
                        ? "the input of the old revision is deleted with it; what hsmwatch has to send waits in its spool "
                            + "until an input has the port again" : nil,
                    hasStream
                        ? "the new stream has another id: messages that are stored already stay, but are not in it; its "
                            + "index set is kept, and what else was tied to the old one by hand, such as a pipeline, has to "
                            + "be tied again" : nil,
                    "whoever may see the stream and the dashboard by sharing has to be given them again",
                    uninstalled.contains { $0.stream?.storage?.leavesDefaultStream == true }
                        ? "the old stream keeps its messages out of the default stream: those stored so far are found no more "
                            + "unless another stream has them, too" : nil,
                ]
            case .surplus:
                ["the pack is installed more than once, so that every alert comes more than once; one stays"]
            case .removal:
                [
                    hasInput
                        ? "what hsmwatch sent to the input waits in its spool, and is dropped when that is full" : nil,
                    "messages that are stored already stay",
                ]
            }
        return [common] + consequences.compactMap(\.self)
    }
}

/// One change of a Graylog, on the way to a content pack that is installed or gone.
package enum PackStep: Equatable, Sendable {
    case upload(revision: Int)
    case uninstall(PackPresence.Installation)
    case install(revision: Int)
    /// Gives the stream of what was just installed the index set of the one before.
    case store(PackPresence.StreamStorage)
    /// Resumes the stream of what was just installed, if Graylog has paused it.
    case start
    /// Lets both watch, the new revision and these older ones, for `PackPlan.overlap`.
    case overlap(with: [Int])
    /// Resumes a stream that is paused.
    case resume(PackPresence.Stream)
    /// Deletes a revision that is no longer needed.
    case delete(revision: Int)
    /// Deletes every revision.
    case deleteAll

    /// What will be done, in words that follow "would".
    package var intention: String {
        switch self {
        case .upload(let revision): "upload the content pack as revision \(revision)"
        case .uninstall(let installation):
            "uninstall revision \(installation.revision): \(Self.list(installation.entities))"
        case .install(let revision): "install revision \(revision)"
        case .store(let storage): "keep the stream in the index set \(storage.indexSet)"
        case .start: "resume the pack's stream, if it is paused"
        case .resume: "resume the pack's stream, which is paused"
        case .overlap(let revisions):
            "leave \(Self.list(revisions)) for \(PackPlan.overlap.wholeSeconds) s, until its alerts have seen every message"
        case .delete(let revision): "delete revision \(revision), which is not installed"
        case .deleteAll: "delete every revision of the content pack"
        }
    }

    /// What was done; what takes its time, when it begins.
    package var report: String {
        switch self {
        case .upload(let revision): "uploaded the content pack as revision \(revision)"
        case .uninstall(let installation):
            "uninstalled revision \(installation.revision): \(Self.list(installation.entities))"
        case .install(let revision): "installed revision \(revision)"
        case .store(let storage): "kept the stream in the index set \(storage.indexSet)"
        case .start, .resume: "resumed the pack's stream"
        case .overlap(let revisions):
            "leaving \(Self.list(revisions)) for \(PackPlan.overlap.wholeSeconds) s, until its alerts have seen every message"
        case .delete(let revision): "deleted revision \(revision), which was not installed"
        case .deleteAll: "deleted every revision of the content pack"
        }
    }

    /// That Graylog has not deleted everything, though it has uninstalled the pack.
    package static func leftovers(_ titles: [String]) -> String {
        "Graylog has not deleted \(titles.map(\.quoted).joined(separator: ", ")): delete that by hand"
    }

    /// `revision 3`
    package static func list(_ revisions: [Int]) -> String {
        "revision " + revisions.map { "\($0)" }.joined(separator: " and ")
    }

    /// `1 input, 1 stream, 9 event definitions`, in the order in which they are met.
    package static func list(_ entities: [PackPresence.Entity]) -> String {
        var kinds: [String] = []
        for entity in entities where !kinds.contains(entity.kind) {
            kinds.append(entity.kind)
        }
        let counts = kinds.map { kind in
            let count = entities.count { $0.kind == kind }
            let name = kind.replacing("_", with: " ")
            return counted(count, name)
        }
        return counts.isEmpty ? "nothing" : counts.joined(separator: ", ")
    }
}

/// What a command wants a Graylog to have: from whatever is there, it makes the plan for the rest of the way.
package enum PackGoal: Sendable {
    case installed(ContentPack)
    case uninstalled

    /// What is still to do.
    ///
    /// - Throws: what has to be changed in Graylog before.
    package func plan(in presence: PackPresence) throws(GraylogProblem) -> PackPlan {
        switch self {
        case .installed(let pack): try PackPlan.installing(fingerprint: pack.fingerprint, in: presence)
        case .uninstalled: PackPlan.uninstalling(from: presence)
        }
    }

    /// The pack that is uploaded, if one is.
    package var pack: ContentPack? {
        switch self {
        case .installed(let pack): pack
        case .uninstalled: nil
        }
    }

    /// Of the installation that stays, if one does.
    var fingerprint: String? { pack?.fingerprint }

    /// What Graylog has when the way is done.
    var arrival: String {
        switch self {
        case .installed: "the content pack is installed"
        case .uninstalled: "the content pack is uninstalled"
        }
    }

    /// What completes the way when it was left in the middle.
    package var completion: String {
        let command =
            switch self {
            case .installed: "hsmwatch graylog install"
            case .uninstalled: "hsmwatch graylog uninstall"
            }
        return "to complete it, type the same command again: \(command), with the same options"
    }

    /// The last line of a command that has failed.
    package func failure(_ problem: GraylogProblem, standing: String) -> GraylogProblem {
        GraylogProblem("\(problem.summary); \(standing); \(completion)", isUncertain: problem.isUncertain)
    }
}
