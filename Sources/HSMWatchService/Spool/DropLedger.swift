// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Counts what was dropped, each message once, and says when to report it: at once, and then at a distance while it goes
/// on.
struct DropLedger {
    /// The distance of two reports.
    static let reportInterval = Duration.seconds(10)

    /// What is to be told: how many messages were dropped for one reason.
    struct Report: Equatable {
        let count: Int
        let reason: String
    }

    /// Messages dropped since the start.
    private(set) var total = 0
    /// In the order in which the reasons came up.
    private var unreported: [Report] = []
    private var reportedAt: Instant?

    /// When there is something to report, the earliest instant for it.
    var reportDue: Instant? {
        guard !unreported.isEmpty else { return nil }
        return reportedAt.map { $0 + Self.reportInterval } ?? Instant(nanoseconds: 0)
    }

    mutating func note(_ count: Int, reason: String) {
        guard count > 0 else { return }
        total += count
        if let index = unreported.firstIndex(where: { $0.reason == reason }) {
            unreported[index] = Report(count: unreported[index].count + count, reason: reason)
        } else {
            unreported.append(Report(count: count, reason: reason))
        }
    }

    /// What is to be reported now, one report a reason; nothing when the last ones are too recent.
    mutating func takeReports(at now: Instant) -> [Report] {
        guard let reportDue, reportDue <= now else { return [] }
        reportedAt = now
        return takeAll()
    }

    /// What was not reported yet, for an end after which nothing is.
    mutating func takeAll() -> [Report] {
        defer { unreported = [] }
        return unreported
    }
}
