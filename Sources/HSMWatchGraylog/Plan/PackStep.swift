// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
