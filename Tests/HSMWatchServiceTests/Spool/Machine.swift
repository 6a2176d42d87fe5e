// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

@testable import HSMWatchService

/// A machine whose clocks a test sets.
@ServiceLoop
final class Machine {
    nonisolated static let firstBoot = "boot 1"

    private(set) var boot: String? = firstBoot
    private(set) var now = Moment(
        instant: Instant(nanoseconds: 3_000_000_000), timestamp: Timestamp(milliseconds: 1_800_000_000_000))

    /// Time goes by on both clocks.
    func pass(_ duration: Duration) {
        now = Moment(instant: now.instant + duration, timestamp: now.timestamp)
        set(ahead: duration)
    }

    /// Somebody sets the civil clock.
    func set(ahead: Duration) {
        let milliseconds = now.timestamp.milliseconds + ahead.wholeMilliseconds
        now = Moment(instant: now.instant, timestamp: Timestamp(milliseconds: milliseconds))
    }

    /// It boots: the monotonic clock begins anew, here later than it was.
    func reboot() {
        boot = (boot ?? "") + ", and again"
        now = Moment(instant: now.instant + .seconds(1_000_000), timestamp: now.timestamp)
    }
}
