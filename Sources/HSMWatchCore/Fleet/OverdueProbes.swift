// SPDX-License-Identifier: Apache-2.0

/// Which HSMs are overdue: no probe of them has ended for three intervals.
///
/// ```
///  on time ── no probe ends for three intervals ──▶ overdue ── a report is due ──▶ reported
///     ▲                                                │                              │
///     └────────── a probe ends, or another interval ───┴──────────────────────────────┘
/// ```
/// A probe has a timeout of at most one interval, so an HSM is never to blame: hsmwatch itself has not kept its
/// schedule. A tick that is left out on purpose, because the HSM rejects the command, counts as a probe that ended.
///
/// Time passes only while the event loop runs: from one look to the next at most `longestStep`, and each HSM is allowed
/// as much more. So a process that was stopped (`SIGSTOP`, a paused virtual machine) finds no HSM overdue when it goes
/// on.
package struct OverdueProbes: Sendable {
    /// HSMs that became overdue since the last report.
    package struct Report: Hashable, Sendable {
        /// The first of them, in the order in which they were added; at most `namesShown`.
        package let names: [String]
        /// All of them.
        package let count: Int

        package init(names: [String], count: Int) {
            self.names = names
            self.count = count
        }
    }

    private struct Member {
        enum State {
            case onTime
            case overdue
            case reported
        }

        let name: String
        /// From the end of a probe to the end of the next.
        var allowed: Duration
        /// By the time that passes while the event loop runs.
        var due: Duration
        var state = State.onTime
    }

    /// Intervals without the end of a probe that make an HSM overdue.
    package static let intervals = 3
    /// HSMs that a report names.
    package static let namesShown = 20
    /// Between two looks.
    package static let beat = Duration.seconds(1)
    /// What may pass between two looks at most; more is a pause of the process.
    package static let longestStep = beat * 2
    /// How long a report waits for other HSMs: when all hang at once, they become overdue within an interval.
    package static let gathering = Duration.seconds(5)
    /// Between two reports: HSMs that come and go are not reported again and again.
    package static let quiet = Duration.seconds(60)

    private var members: [Int: Member] = [:]
    private var lastLook: Instant
    /// How long the event loop has run at the last look.
    private var running = Duration.zero
    /// No member that is on time is due before.
    private var firstDue = Duration.zero
    /// When to report; nil while there is nothing to report.
    private var reportDue: Duration?
    private var quietUntil = Duration.zero
    /// HSMs that are overdue now.
    package private(set) var count = 0

    package init(at now: Instant) {
        lastLook = now
    }

    /// Polling begins: no HSM is late for what came before.
    package mutating func begin(at now: Instant) {
        lastLook = now
        let running = running
        members = members.mapValues { member in
            var begun = member
            begun.due = running + member.allowed
            return begun
        }
    }

    /// When to call `look`.
    package var deadline: Instant { lastLook + Self.beat }

    /// Adds an HSM, whose first probe may end as late after this as another after the one before.
    package mutating func add(_ number: Int, name: String, interval: Duration, at now: Instant) {
        let allowed = Self.allowed(by: interval)
        let due = time(at: now) + allowed
        members[number] = Member(name: name, allowed: allowed, due: due)
        firstDue = min(firstDue, due)
    }

    /// Goes on with another interval, which begins now.
    package mutating func change(_ number: Int, interval: Duration, at now: Instant) {
        members[number]?.allowed = Self.allowed(by: interval)
        ended(number, at: now)
        firstDue = .zero
    }

    /// Forgets an HSM.
    package mutating func remove(_ number: Int) {
        settle(number)
        members[number] = nil
    }

    /// A probe of the HSM has ended, or was left out on purpose.
    package mutating func ended(_ number: Int, at now: Instant) {
        guard let member = members[number] else { return }
        settle(number)
        let due = time(at: now) + member.allowed
        members[number]?.due = due
    }

    /// Looks which HSMs are overdue. Answers what to report, if anything.
    package mutating func look(at now: Instant) -> Report? {
        running = time(at: now)
        lastLook = max(lastLook, now)
        if firstDue <= running { find() }
        guard let reportDue, reportDue <= running else { return nil }
        self.reportDue = nil
        let found = members.filter { $0.value.state == .overdue }.sorted { $0.key < $1.key }
        guard !found.isEmpty else { return nil }
        for (number, _) in found { members[number]?.state = .reported }
        quietUntil = running + Self.quiet
        return Report(names: found.prefix(Self.namesShown).map(\.value.name), count: found.count)
    }

    private mutating func find() {
        var next = Duration.seconds(Int64.max / 2)
        for (number, member) in members where member.state == .onTime {
            guard member.due <= running else {
                next = min(next, member.due)
                continue
            }
            members[number]?.state = .overdue
            count += 1
            reportDue = reportDue ?? max(running + Self.gathering, quietUntil)
        }
        firstDue = next
    }

    /// The HSM is on time again.
    private mutating func settle(_ number: Int) {
        guard let member = members[number], member.state != .onTime else { return }
        members[number]?.state = .onTime
        count -= 1
        // It may be due before every other.
        firstDue = .zero
    }

    private static func allowed(by interval: Duration) -> Duration { interval * intervals + longestStep }

    /// How long the event loop has run now.
    private func time(at now: Instant) -> Duration {
        running + min(max(.zero, now - lastLook), Self.longestStep)
    }
}

/// Whether every part of the service makes progress: what the watchdog vouches for.
///
/// A part that has promised something says by when. An HSM or a Graylog that does not answer breaks no promise.
package struct Liveness: Sendable {
    package enum Part: String, CaseIterable, Sendable {
        /// The poll timer fires.
        case timers
        /// The spool finishes the job it has begun.
        case spool
    }

    /// How late the poll timer may be.
    package static let timerGrace = Duration.seconds(5)
    /// How long the spool may take for one job, on a disk that is slow but works.
    package static let spoolGrace = Duration.seconds(10)
    /// How long it may take to open a database that could not be opened before, and to check all of it.
    package static let openingGrace = Duration.seconds(300)

    private var promises: [Part: Instant] = [:]

    package init() {}

    /// The part will have made progress by then; nil: it has nothing to do.
    package mutating func expect(_ part: Part, by deadline: Instant?) {
        promises[part] = deadline
    }

    /// A part that broke its promise, if one did.
    package func overdue(at now: Instant) -> Part? {
        Part.allCases.first { part in promises[part].map { $0 < now } ?? false }
    }
}
