// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One moment by every clock that the spool knows. The database keeps one for the next process.
package struct SpoolMoment: Equatable, Sendable {
    /// The boot that `instant` belongs to; nil when it is unknown.
    package let boot: String?
    /// The monotonic clock.
    package let instant: Instant
    /// The spool's clock.
    package let time: Timestamp
    /// The civil clock.
    package let civil: Timestamp

    package init(boot: String?, instant: Instant, time: Timestamp, civil: Timestamp) {
        self.boot = boot
        self.instant = instant
        self.time = time
        self.civil = civil
    }
}
