// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What an output asks of the spool, and tells it.
extension Spool {
    /// Has somebody woken whenever there may be something new to read.
    package func notify(_ reader: WakeUp) {
        readers.append(reader)
    }

    package func stopNotifying(_ reader: WakeUp) {
        readers.removeAll { $0 === reader }
    }

    /// The last position that an output has confirmed, or behind which there was nothing for it.
    package func cursor(of output: String) -> Int64 {
        cursors.confirmed(by: output) ?? last
    }

    /// The messages for an output after a position, at most `batchLimit`; none when there are none yet, and then everyone
    /// given to `notify` is woken when there are.
    package func messages(for output: String, after position: Int64) async -> [SpooledMessage] {
        guard var look = cursors.look(for: output, after: position) else { return [] }
        while look.position < released {
            let recent = tail.messages(of: look.kinds, after: look.position, upTo: released, limit: Self.batchLimit)
            if let recent {
                let isAll = recent.count < Self.batchLimit
                return hand(out: recent, to: look, lookingUpTo: isAll ? released : recent.last?.position ?? 0)
            }
            let start = tail.start
            do {
                let (older, changes) = try await ask { [look] in
                    try await $0.messages(
                        of: look.kinds, after: look.position, limit: Self.batchLimit, bytes: Self.readLimit)
                }
                // What a commit drops is counted for whom it was meant before anyone looks further.
                await know(changes)
                guard cursors.isCurrent(look) else { return await messages(for: output, after: position) }
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

    /// Has the next commit deal with a read that failed.
    func noteReadFailure(_ failure: DiskFailure) {
        // While the disk fails anyway, the next try will tell.
        guard health.isWorking else { return }
        readFailure = failure
        schedule.beginNow()
    }

    /// An output sends everything up to a position.
    package func send(_ output: String, upTo position: Int64) {
        cursors.send(output, upTo: position)
    }

    /// An output knows that everything up to a position has arrived.
    package func confirm(_ output: String, upTo position: Int64) {
        guard cursors.confirm(output, upTo: position) else { return }
        schedule.plan(in: Self.cursorDelay)
    }

    /// An output can never deliver one of its messages, and goes on without it.
    package func noteUndeliverable(_ output: String, reason: String) {
        cursors.noteUndeliverable(output)
        drops.note(1, reason: "output \(output): \(reason)")
        schedule.plan(in: CommitSchedule.gathering)
    }

    /// The position after which an output sends when its peer may have lost what it has confirmed lately: at most `rewind`
    /// ago when the output went down, and at most the last `RewindWindow.messageLimit` messages.
    package func rewindStart(of output: String) -> Int64 {
        cursors.rewindStart(of: output, at: .now) ?? last
    }

    /// An output is down: what it has confirmed lately is kept until it confirms again.
    package func hold(_ output: String) {
        cursors.hold(output, at: .now)
    }

    /// An output's connection has ended: what it has not confirmed will be sent again.
    package func rewind(_ output: String) {
        let reasons = cursors.rewind(output)
        reasons.forEach { drops.note(1, reason: $0) }
        if !reasons.isEmpty { schedule.plan(in: CommitSchedule.gathering) }
    }

    /// Waits until it is known what so many changes of the disk have taken from it.
    private func know(_ changes: Int) async {
        guard changes > changesNoted else { return }
        let wake = WakeUp()
        notify(wake)
        defer { stopNotifying(wake) }
        while changes > changesNoted, !hasGivenUp { await wake.wait() }
    }

    /// Notes what a look has found.
    private func hand(
        out messages: [SpooledMessage], to look: Cursors.Look, lookingUpTo end: Int64
    ) -> [SpooledMessage] {
        if cursors.found(upTo: messages.last?.position, by: look, lookingUpTo: end) {
            // Whoever waits for the cursor, and for nothing to read, learns of it.
            readers.forEach { $0.raise() }
        }
        return messages
    }
}
