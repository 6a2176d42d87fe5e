// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What is to be told: how many messages were dropped for one reason.
package struct DropReport: Equatable, Sendable {
    package let count: Int
    package let reason: String

    package init(count: Int, reason: String) {
        self.count = count
        self.reason = reason
    }
}

/// Counts what was dropped, each message once, and says when to report it: at once, and then at a distance while it goes
/// on.
struct DropLedger {
    /// The distance of two reports.
    static let reportInterval = Duration.seconds(10)

    /// Messages dropped since the start.
    private(set) var total = 0
    /// In the order in which the reasons came up.
    private(set) var unreported: [DropReport]
    private var reportedAt: Instant?

    /// - Parameter unreported: what a process before this one dropped and did not report.
    init(unreported: [DropReport] = []) {
        self.unreported = unreported
    }

    /// When there is something to report, the earliest instant for it.
    var reportDue: Instant? {
        guard !unreported.isEmpty else { return nil }
        return reportedAt.map { $0 + Self.reportInterval } ?? Instant(nanoseconds: 0)
    }

    mutating func note(_ count: Int, reason: String) {
        guard count > 0 else { return }
        total += count
        if let index = unreported.firstIndex(where: { $0.reason == reason }) {
            unreported[index] = DropReport(count: unreported[index].count + count, reason: reason)
        } else {
            unreported.append(DropReport(count: count, reason: reason))
        }
    }

    /// What is to be reported now, one report a reason; nothing when the last ones are too recent.
    mutating func takeReports(at now: Instant) -> [DropReport] {
        guard let reportDue, reportDue <= now else { return [] }
        reportedAt = now
        return takeAll()
    }

    /// What was not reported yet, for an end after which nothing is.
    mutating func takeAll() -> [DropReport] {
        defer { unreported = [] }
        return unreported
    }
}
