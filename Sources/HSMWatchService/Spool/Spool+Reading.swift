// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// How an output reads the spool.
extension Spool {
    /// The messages for an output after a position, at most `batchLimit`; none when there are none yet, and then
    /// everyone given to `notify` is woken when there are.
    package func messages(for output: String, after position: Int64) async -> [SpooledMessage] {
        guard var look = account.cursors.look(for: output, after: position) else { return [] }
        while look.position < released {
            let recent = tail.messages(of: look.kinds, after: look.position, upTo: released, limit: Self.batchLimit)
            if let recent {
                let isAll = recent.count < Self.batchLimit
                return hand(out: recent, to: look, lookingUpTo: isAll ? released : recent.last?.position ?? 0)
            }
            let start = tail.start
            do {
                let (older, changes) = try await jobs.ask { [look] in
                    try await $0.messages(
                        of: look.kinds, after: look.position, limit: Self.batchLimit, bytes: Self.readLimit)
                }
                // What a commit drops is counted for whom it was meant before anyone looks further.
                await know(changes)
                guard account.cursors.isCurrent(look) else { return await messages(for: output, after: position) }
                guard changes == changesNoted else { continue }
                if let last = older.last { return hand(out: older, to: look, lookingUpTo: last.position) }
            } catch {
                if let failure = error as? DiskFailure { noteReadFailure(failure) }
                return []
            }
            // Nothing left before the tail: what was there is dropped, confirmed, or not for this output.
            _ = hand(out: [], to: look, lookingUpTo: start)
            look.position = start
        }
        return []
    }

    /// Waits until it is known what so many changes of the disk have taken from it.
    private func know(_ changes: Int) async {
        guard changes > changesNoted else { return }
        let wake = WakeUp()
        notify(wake)
        defer { stopNotifying(wake) }
        while changes > changesNoted, !jobs.hasGivenUp { await wake.wait() }
    }

    /// Notes what a look has found.
    private func hand(
        out messages: [SpooledMessage], to look: Cursors.Look, lookingUpTo end: Int64
    ) -> [SpooledMessage] {
        if account.cursors.found(upTo: messages.last?.position, by: look, lookingUpTo: end) {
            // Whoever waits for the cursor, and for nothing to read, learns of it.
            readers.forEach { $0.raise() }
        }
        return messages
    }
}
