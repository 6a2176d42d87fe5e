// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Repeats what a read error of the disk has stopped: one that goes away is no damage of the database.
struct ReadRetry {
    /// The distances of the attempts. All of them together are far below what the watchdog allows the spool
    /// (`Liveness.spoolGrace`).
    static let waits: [Duration] = [.milliseconds(100), .milliseconds(400), .seconds(2)]

    private var waits: ArraySlice<Duration>

    init(waits: [Duration] = Self.waits) {
        self.waits = waits[...]
    }

    /// Whether an error is worth another attempt, and one is left.
    func mayFollow(_ error: any Error) -> Bool {
        SpoolFile.isReadError(error) && !waits.isEmpty
    }

    /// Waits for the next attempt, without a thread. Answers whether there is to be one: not when this was the last, when
    /// the error is another, or when the task is cancelled.
    mutating func isDue(after error: any Error) async -> Bool {
        guard mayFollow(error) else { return false }
        return (try? await Task.sleep(for: waits.removeFirst())) != nil
    }
}
