// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What the database remembers of the last process that used it.
package struct SpoolRun: Equatable, Sendable {
    /// Since when messages of an earlier process may be missing, until a message has told it.
    package var missingSince: Timestamp?
    /// Whether the process ended, with everything that it had on the disk.
    package var isClosed: Bool

    package init(missingSince: Timestamp?, isClosed: Bool = false) {
        self.missingSince = missingSince
        self.isClosed = isClosed
    }
}

extension SpoolDatabase.Contents {
    /// Since when messages may be missing: the last process was killed, or its disk failed until its end. Nil when
    /// nothing is missing.
    package var missingSince: Timestamp? {
        run.flatMap { $0.missingSince ?? ($0.isClosed ? nil : moment?.civil) }
    }
}
