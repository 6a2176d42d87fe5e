// SPDX-License-Identifier: Apache-2.0

/// What a snapshot tells of the spool beside its counts.
extension Spool {
    /// Messages that a limit dropped before one output had confirmed them, since the start.
    func dropped(by output: String) -> Int {
        cursors.dropped(by: output)
    }

    /// Whether messages go to the disk; else it fails, and they are kept in memory.
    var isOnDisk: Bool { health.isWorking }
}
