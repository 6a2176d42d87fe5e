// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Counts what was dropped and says when to report it: at once, and then at a distance while it goes on.
struct DropLedger {
    /// The distance of two reports.
    static let reportInterval = Duration.seconds(10)

    /// Messages dropped since the start.
    private(set) var total = 0
    private var unreported = 0
    private var reason = ""
    private var reportedAt: Instant?

    /// When there is something to report, the earliest instant for it.
    var reportDue: Instant? {
        guard unreported > 0 else { return nil }
        return reportedAt.map { $0 + Self.reportInterval } ?? Instant(nanoseconds: 0)
    }

    mutating func note(_ count: Int, reason: String) {
        guard count > 0 else { return }
        total += count
        unreported += count
        self.reason = reason
    }

    /// What is to be reported now: how many since the last report, and why.
    mutating func takeReport(at now: Instant) -> (count: Int, reason: String)? {
        guard let reportDue, reportDue <= now else { return nil }
        defer {
            unreported = 0
            reportedAt = now
        }
        return (unreported, reason)
    }
}
