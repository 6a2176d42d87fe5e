// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What only outputs waited for that are no more, or that get it no more.
extension Spool {
    /// Why it is dropped.
    nonisolated static let abandonedReason = "the output that they waited for is no longer configured"

    /// Gives up what waits for nobody since the outputs have changed.
    func abandonMessages(awaitedBy before: ConfirmedPositions) {
        let now = cursors.confirmedByAll
        // What no commit has taken is forgotten at once; the rest is counted before the next commit deletes it.
        let onDisk = max(committed, committing)
        let inMemory = tail.drop(after: onDisk) { before.awaits($0) && !now.awaits($0) }
        drops.note(inMemory.count, reason: Self.abandonedReason)
        abandoned = abandoned.compactMap { $0.without(awaited: now) }
        abandoned += AbandonedMessages.between(before, now, upTo: onDisk)
    }

    /// What a database brought along that came late has no positions before: it is deleted as it comes.
    func abandonMessages(in found: SpoolDatabase.Contents, awaiting confirmed: ConfirmedPositions) {
        let kinds = Set(found.confirmed.positions.keys).subtracting(confirmed.positions.keys)
        drops.note(found.messages.total(of: kinds), reason: Self.abandonedReason)
    }

    /// Counts on the disk what was given up, before a commit deletes it.
    func countAbandoned() async {
        while let messages = abandoned.first {
            let count = try? await ask(within: Liveness.spoolGrace) {
                try await $0.count(of: messages.kind, after: messages.first, upTo: messages.last)
            }
            // Meanwhile an output may have come to wait for it again.
            guard abandoned.first == messages else { continue }
            abandoned.removeFirst()
            guard let count = count ?? nil else {
                noteUncounted(messages)
                continue
            }
            drops.note(count, reason: Self.abandonedReason)
        }
    }

    /// The database goes, and what was given up on it can no longer be counted.
    func giveUpCounting() {
        abandoned.forEach(noteUncounted)
        abandoned = []
    }

    /// A disk that cannot be asked has that many at the most.
    private func noteUncounted(_ messages: AbandonedMessages) {
        let limit = min(stored[messages.kind], Int(messages.last - messages.first))
        drops.note(limit, reason: Self.abandonedReason, isUpperBound: true)
    }
}
