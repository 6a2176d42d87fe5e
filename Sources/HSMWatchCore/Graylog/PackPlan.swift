// SPDX-License-Identifier: Apache-2.0

/// What is to be done so that a Graylog has the content pack that fits the configuration, or none.
///
/// Graylog changes no installed pack: the old revision is uninstalled, then the new one is installed.
package struct PackPlan: Equatable, Sendable {
    /// What follows when Graylog has not said that it has installed the revision.
    package enum Aftermath: Equatable, Sendable {
        /// It has done so nevertheless.
        case installed(PackPresence.Installation)
        /// What leads back to the revision that was there before.
        case restoration([PackStep])
        /// There is nothing to go back to, or something else is installed.
        case nothing
    }

    /// Why something is uninstalled.
    private enum Reason {
        case replacement(hasInput: Bool)
        /// Another installation is the right one.
        case surplus
        case removal
    }

    /// What is kept of revisions, the installed one among them: to go back to by hand, and little enough to be listed.
    static let keptRevisions = 5

    /// In their order.
    package let steps: [PackStep]
    /// What should be known before, a sentence each.
    package let notes: [String]
    /// The revision that is installed again when Graylog does not install the other one.
    package let fallback: Int?

    /// The installation that stays.
    package let kept: PackPresence.Installation?
    /// What is installed newly.
    private let revision: Int?
    /// Where the messages of the stream are stored that is replaced.
    private let storage: PackPresence.StreamStorage?

    private init(
        steps: [PackStep], notes: [String], fallback: Int? = nil, kept: PackPresence.Installation? = nil,
        revision: Int? = nil, storage: PackPresence.StreamStorage? = nil
    ) {
        self.steps = steps
        self.notes = notes
        self.fallback = fallback
        self.kept = kept
        self.revision = revision
        self.storage = storage
    }

    // MARK: Installing

    /// The way to an installed pack.
    ///
    /// - Parameters:
    ///   - fingerprint: the pack's.
    ///   - inputPort: where its input listens.
    /// - Throws: what has to be changed in Graylog before.
    package static func installing(
        fingerprint: String, inputPort: UInt16?, in presence: PackPresence
    ) throws(GraylogProblem) -> PackPlan {
        guard presence.version >= .oldest else {
            throw GraylogProblem(
                "Graylog \(presence.version) is too old for the content pack; needed: \(GraylogRelease.oldest) or later"
            )
        }
        let same = presence.revisions.filter { $0.fingerprint == fingerprint }.map(\.number)
        // The oldest has the port, if there are several.
        let current = presence.installations.first { same.contains($0.revision) && $0.isWhole }
        let superfluous = presence.installations.filter { $0.id != current?.id }
        if let current {
            // Several installations are several inputs on one port, and every alert several times.
            let resumption = current.stream.flatMap { $0.isPaused ? PackStep.resume($0) : nil }
            return PackPlan(
                steps: superfluous.map(PackStep.uninstall) + (resumption.map { [$0] } ?? []),
                notes: notes(before: superfluous, .surplus), kept: current)
        }
        try checkPort(inputPort, in: presence)
        let next = if let known = same.last { known } else { try number(after: presence.revisions) }
        let storage = superfluous.last?.stream?.storage
        return PackPlan(
            steps: (same.isEmpty ? [.upload(revision: next)] : []) + superfluous.map(PackStep.uninstall)
                + installation(of: next, storage) + deletions(besides: next, of: presence.revisions),
            notes: notes(before: superfluous, .replacement(hasInput: inputPort != nil)),
            fallback: superfluous.last.flatMap { $0.revision == next ? nil : $0.revision }, revision: next,
            storage: storage)
    }

    /// What to do when Graylog was not heard to install the revision, now that it says what it has.
    package func aftermath(in installations: [PackPresence.Installation]) -> Aftermath {
        if let installation = installations.last(where: { $0.revision == revision }) { return .installed(installation) }
        guard let fallback, installations.isEmpty else { return .nothing }
        return .restoration(Self.installation(of: fallback, storage))
    }

    /// The stream takes messages only when it is known where they are stored.
    private static func installation(of revision: Int, _ storage: PackPresence.StreamStorage?) -> [PackStep] {
        [.install(revision: revision)] + (storage.map { [.store($0)] } ?? []) + [.start]
    }

    private static func number(after revisions: [PackPresence.Revision]) throws(GraylogProblem) -> Int {
        let next = (revisions.map(\.number).max() ?? 0) + 1
        guard ContentPack.revisions.contains(next) else {
            throw GraylogProblem(
                "Graylog has revision \(next - 1) of the content pack, and there is none above it: delete that one")
        }
        return next
    }

    /// An input on a port that is taken would fail, though the pack would be installed.
    private static func checkPort(_ port: UInt16?, in presence: PackPresence) throws(GraylogProblem) {
        let own = Set(presence.installations.flatMap(\.entities).map(\.id))
        let other = presence.inputs.first { input in
            input.isStream && input.port == port.map(Int.init) && input.port != nil && !own.contains(input.id)
        }
        guard let other, let port else { return }
        throw GraylogProblem(
            "Graylog's input \(other.title.quoted) has port \(port) already, so that the pack's could not start: delete "
                + "that input in System / Inputs, have both sides use another port, or leave the pack's out with "
                + "--no-input")
    }

    /// Revisions that hsmwatch has uploaded and nobody needs; what others have made of the pack stays.
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

    private static func notes(before uninstalled: [PackPresence.Installation], _ reason: Reason) -> [String] {
        let entities = uninstalled.flatMap(\.entities)
        guard !entities.isEmpty else { return [] }
        let hasInput = entities.contains { $0.kind == "input" }
        let hasStream = entities.contains { $0.kind == "stream" }
        let common = "to uninstall deletes \(PackStep.list(entities)), with all that was changed in them by hand"
        let consequences: [String?] =
            switch reason {
            case .replacement(let hasNewInput):
                [
                    hasInput
                        ? "the input is gone\(hasNewInput ? " for a moment" : ""); what hsmwatch has to send waits in its "
                            + "spool" : nil,
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
