// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What the spool owes its outputs: how far each is, what was dropped and is not reported yet, and what no output waits
/// for any more.
struct SpoolAccount {
    /// Why messages are dropped that only removed outputs waited for.
    static let abandonedReason = "the output that they waited for is no longer configured"

    var cursors: Cursors
    private var drops: DropLedger
    /// Messages on the disk that no output waits for any more, and that are not counted yet.
    private(set) var abandoned: [AbandonedMessages]

    /// - Parameters:
    ///   - outputs: what each output gets; a new one begins at the present.
    ///   - contents: what the last process has left.
    init(_ outputs: [Subscription], _ contents: SpoolDatabase.Contents) {
        drops = DropLedger(unreported: contents.unreported)
        cursors = Cursors(outputs, confirmed: contents.cursors, present: contents.position)
        // What all of the last process's outputs had confirmed was only not deleted yet.
        abandoned = AbandonedMessages.between(contents.confirmed, cursors.confirmedByAll, upTo: contents.position)
    }

    // MARK: Outputs

    /// Applies new outputs, and gives up messages that none of them waits for.
    ///
    /// - Parameters:
    ///   - last: where a new output begins.
    ///   - onDisk: the last position that a commit has taken.
    mutating func change(
        _ outputs: [Subscription], startingAt last: Int64, onDisk: Int64, _ tail: inout SpoolTail
    ) {
        let before = cursors.confirmedByAll
        cursors.change(outputs, startingAt: last).forEach { drops.note(1, reason: $0) }
        let now = cursors.confirmedByAll
        // What no commit has taken is forgotten at once; the rest is counted before the next commit deletes it.
        let inMemory = tail.drop(after: onDisk) { before.awaits($0) && !now.awaits($0) }
        drops.note(inMemory.count, reason: Self.abandonedReason)
        abandoned = abandoned.compactMap { $0.without(awaited: now) }
        abandoned += AbandonedMessages.between(before, now, upTo: onDisk)
    }

    /// An output can never deliver one of its messages, and goes on without it.
    mutating func noteUndeliverable(_ output: String, reason: String) {
        cursors.noteUndeliverable(output)
        drops.note(1, reason: "output \(output): \(reason)")
    }

    /// An output's connection has ended: it will send again what it has not confirmed. Answers whether a message is
    /// lost that was dropped while it was on its way.
    mutating func rewind(_ output: String) -> Bool {
        let reasons = cursors.rewind(output)
        reasons.forEach { drops.note(1, reason: $0) }
        return !reasons.isEmpty
    }

    // MARK: Drops

    /// Messages dropped since the start.
    var dropped: Int { drops.total }

    /// What was dropped and not reported yet.
    var unreported: [DropReport] { drops.unreported }

    /// When there is something to report, the earliest instant for it.
    var reportDue: Instant? { drops.reportDue }

    /// The due reports.
    mutating func takeReports(at now: Instant) -> [DropReport] { drops.takeReports(at: now) }

    /// What was not reported yet, for an end after which nothing is.
    mutating func takeAllReports() -> [DropReport] { drops.takeAll() }

    /// Counts what a limit or a failed disk has dropped; what is on its way just then may still arrive.
    mutating func drop(_ messages: [DroppedMessage], reason: String) {
        drops.note(cursors.drop(messages, reason: reason), reason: reason)
    }

    /// Counts messages that are lost for certain.
    mutating func noteLost(_ count: Int, reason: String, isUpperBound: Bool = false) {
        drops.note(count, reason: reason, isUpperBound: isUpperBound)
    }

    /// Takes over what an earlier process has dropped and not reported.
    mutating func note(earlier reports: [DropReport]) {
        reports.forEach { drops.note($0) }
    }

    // MARK: What no output waits for

    /// A database that came late has messages of kinds that no output gets any more: they are deleted as they come.
    mutating func abandon(in found: SpoolDatabase.Contents, awaiting confirmed: ConfirmedPositions) {
        let kinds = Set(found.confirmed.positions.keys).subtracting(confirmed.positions.keys)
        drops.note(found.messages.total(of: kinds), reason: Self.abandonedReason)
    }

    /// The disk has counted abandoned messages, unless an output waits for them again meanwhile.
    ///
    /// - Parameters:
    ///   - count: nil when it could not be asked.
    ///   - stored: messages on the disk, which are as many at the most.
    mutating func counted(_ messages: AbandonedMessages, as count: Int?, stored: MessageCounts) {
        guard abandoned.first == messages else { return }
        abandoned.removeFirst()
        guard let count else { return noteUncounted(messages, stored) }
        drops.note(count, reason: Self.abandonedReason)
    }

    /// The database goes, and what was abandoned on it can no longer be counted.
    mutating func giveUpCounting(stored: MessageCounts) {
        for messages in abandoned { noteUncounted(messages, stored) }
        abandoned = []
    }

    private mutating func noteUncounted(_ messages: AbandonedMessages, _ stored: MessageCounts) {
        let limit = min(stored[messages.kind], Int(messages.last - messages.first))
        drops.note(limit, reason: Self.abandonedReason, isUpperBound: true)
    }
}

/// Messages of one kind that outputs waited for, and no output does any more.
struct AbandonedMessages: Equatable {
    let kind: Event.Kind
    /// They lie after this position.
    let first: Int64
    /// And not after this one.
    let last: Int64

    /// The messages that outputs waited for before and no output waits for now, up to a position.
    static func between(
        _ before: ConfirmedPositions, _ after: ConfirmedPositions, upTo end: Int64
    ) -> [AbandonedMessages] {
        Event.Kind.allCases.compactMap { kind in
            let last = min(after[kind], end)
            return before[kind] < last ? AbandonedMessages(kind: kind, first: before[kind], last: last) : nil
        }
    }

    /// Without what an output waits for again; nil when nothing is left.
    func without(awaited: ConfirmedPositions) -> AbandonedMessages? {
        let last = min(last, awaited[kind])
        return first < last ? AbandonedMessages(kind: kind, first: first, last: last) : nil
    }
}

/// A report: how many messages were dropped for one reason.
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

/// Counts what was dropped, each message once, and says when to report it: at once, and then at a distance while it
/// goes on.
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

    /// The due reports, one a reason; none while the last ones are too recent.
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

/// A message that a limit has taken out of the spool, or a disk that failed.
package struct DroppedMessage: Hashable, Sendable {
    package let position: Int64
    package let kind: Event.Kind

    package init(position: Int64, kind: Event.Kind) {
        self.position = position
        self.kind = kind
    }
}

/// How many messages there are of each kind.
package struct MessageCounts: Equatable, Sendable {
    private var counts: [Event.Kind: Int] = [:]

    package init() {}

    package init(_ kinds: some Sequence<Event.Kind>) {
        kinds.forEach { self[$0] += 1 }
    }

    package subscript(kind: Event.Kind) -> Int {
        get { counts[kind] ?? 0 }
        set { counts[kind] = newValue == 0 ? nil : newValue }
    }

    package var total: Int { counts.values.reduce(0, +) }

    package func total(of kinds: Set<Event.Kind>) -> Int {
        kinds.reduce(0) { $0 + self[$1] }
    }

    package static func += (counts: inout MessageCounts, more: MessageCounts) {
        more.counts.forEach { counts[$0.key] += $0.value }
    }

    package static func -= (counts: inout MessageCounts, fewer: MessageCounts) {
        fewer.counts.forEach { counts[$0.key] -= $0.value }
    }
}
