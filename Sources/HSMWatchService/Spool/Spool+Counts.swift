// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// How much there is in the spool.
///
/// The numbers of what is on the disk are upper bounds for a moment: what was confirmed since the last commit is still
/// there.
extension Spool {
    /// Messages dropped since the start.
    package var dropped: Int { account.dropped }

    /// Messages that a limit dropped before one output had confirmed them, since the start.
    func dropped(by output: String) -> Int {
        account.cursors.dropped(by: output)
    }

    /// Whether messages go to the disk; else it fails, and they are kept in memory.
    var isOnDisk: Bool { health.isWorking }

    /// Messages that some output has not confirmed yet.
    package var waiting: Int {
        waitingOnDisk.reduce(0) { $0 + $1.count } + waitingInMemory
    }

    /// Messages that some output has still to send, for the first time or again.
    package var queued: Int {
        account.cursors.names.map { output in
            min(waiting(for: output), Int(max(0, last - (account.cursors.sent(by: output) ?? last))))
        }.max() ?? 0
    }

    /// Messages that one output gets and has not confirmed yet.
    package func waiting(for output: String) -> Int {
        let cursor = cursor(of: output)
        let kinds = account.cursors.kinds(of: output)
        let onDisk = found?.messages.total(of: kinds) ?? min(stored.total(of: kinds), Int(max(0, committed - cursor)))
        let inMemory = tail.counts(after: max(committed, cursor)) { kinds.contains($0.kind) }.total
        return min(onDisk + inMemory, Int(max(0, last - cursor)))
    }

    /// Messages that some output has not confirmed yet, and no commit has taken.
    var waitingInMemory: Int {
        tail.counts(after: committed, where: account.cursors.confirmedByAll.awaits).total
    }

    /// Messages on the disk that some output has not confirmed yet: the kind first whose messages begin last.
    private var waitingOnDisk: [(kind: Event.Kind, count: Int)] {
        let confirmed = account.cursors.confirmedByAll
        var counted = 0
        return confirmed.furthestFirst.map { kind in
            if let found { return (kind, found.messages[kind]) }
            // Those counted already lie after the same position too.
            let room = Int(max(0, committed - confirmed[kind])) - counted
            let count = min(stored[kind], room)
            counted += count
            return (kind, count)
        }
    }

    /// What is lost with the disk, and waits. Nothing tells the positions any more: they are taken for the last ones
    /// before the tail, of which some may be on their way; what was found late has no places yet.
    var onlyOnDisk: [DroppedMessage] {
        let confirmed = account.cursors.confirmedByAll
        let committed = committed
        let rescued =
            found == nil
            ? tail.counts(after: tail.start) { $0.position <= committed && confirmed.awaits($0) } : MessageCounts()
        var position = found == nil ? tail.start : .max
        return waitingOnDisk.flatMap { kind, count in
            (0..<max(0, count - rescued[kind])).map { _ in
                defer { position -= 1 }
                return DroppedMessage(position: position, kind: kind)
            }
        }
    }
}
