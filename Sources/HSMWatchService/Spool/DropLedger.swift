// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What is to be told: how many messages were dropped for one reason.
package struct DropReport: Equatable, Sendable {
    package let count: Int
    package let reason: String
    /// Whether it may have been fewer: the count failed.
    package let isUpperBound: Bool

    package init(count: Int, reason: String, isUpperBound: Bool = false) {
        self.count = count
        self.reason = reason
        self.isUpperBound = isUpperBound
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

    mutating func note(_ report: DropReport) {
        note(report.count, reason: report.reason, isUpperBound: report.isUpperBound)
    }

    /// - Parameter isUpperBound: whether it may have been fewer: the count failed.
    mutating func note(_ count: Int, reason: String, isUpperBound: Bool = false) {
        guard count > 0 else { return }
        total += count
        let index = unreported.firstIndex { $0.reason == reason && $0.isUpperBound == isUpperBound }
        let before = index.map { unreported.remove(at: $0).count } ?? 0
        let report = DropReport(count: before + count, reason: reason, isUpperBound: isUpperBound)
        unreported.insert(report, at: index ?? unreported.endIndex)
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
