// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What an output tells the spool.
extension Spool {
    /// Has somebody woken whenever there may be something new to read.
    package func notify(_ reader: WakeUp) {
        readers.append(reader)
    }

    package func stopNotifying(_ reader: WakeUp) {
        readers.removeAll { $0 === reader }
    }

    /// The last position that an output has confirmed.
    package func cursor(of output: String) -> Int64 {
        cursors.confirmed(by: output) ?? last
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
    package func refuse(_ output: String, reason: String) {
        cursors.refuse(output)
        drops.note(1, reason: "output \(output): \(reason)")
        schedule.plan(in: CommitSchedule.gathering)
    }

    /// An output's connection has ended: what it has not confirmed will be sent again.
    package func rewind(_ output: String) {
        let reasons = cursors.rewind(output)
        reasons.forEach { drops.note(1, reason: $0) }
        if !reasons.isEmpty { schedule.plan(in: CommitSchedule.gathering) }
    }
}
