// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle

/// The durable queue between the HSMs and the outputs.
///
/// 1. Every message goes through it and is committed before an output sees it, in groups, off the event loop.
/// 2. Each output has a cursor, and gets messages of the kinds that it wants. A message is deleted when every output
///    that gets it has confirmed it; one that a limit drops before that is counted and reported.
/// 3. When the disk fails, the spool goes on in bounded memory, under a new `_instance`: numbers that no disk remembers
///    must not come again after a restart. It returns to the disk when that works.
///
/// From a confirmation to the deleted row: `confirm` moves the cursor (`Cursors`), `commit` takes along what may be
/// deleted, and `SpoolDatabase.commit` deletes it.
@ServiceLoop
package final class Spool: Service {
    /// How long a confirmed position waits for company before it is committed alone.
    package nonisolated static let cursorDelay = Duration.seconds(1)
    /// How often the spool looks whether its files are still where they were.
    package nonisolated static let placeInterval = Duration.seconds(1)
    /// How long a disk that failed is left alone.
    package nonisolated static let diskRetry = Duration.seconds(5)
    /// Bytes of committed messages that stay in memory for the outputs.
    package nonisolated static let tailLimit = 4 << 20
    /// Bytes that wait in memory at the most while the disk fails, or is slower than the HSMs.
    package nonisolated static let memoryLimit = 16 << 20
    /// Messages that an output gets at once.
    package nonisolated static let batchLimit = 1000
    /// Bytes that an output gets at once from the disk, and one message more.
    package nonisolated static let readLimit = 1 << 20

    let jobs: DiskJobs
    private var encoder: MessageEncoder
    private var limits: SpoolConfiguration
    let logger: Logger

    var health: DiskHealth
    /// The number of the database's opening; nil while it is not open. What fails on an earlier opening is ignored.
    var opening: Int?
    /// The opening that was begun at the start and was not done in time; nil when there is none, or it is done.
    var late: SpoolOpening?
    /// Whether the open database is no longer at its path, and could not be written anew.
    var isDisplaced = false
    /// The other hsmwatch that has taken the directory: this one ends.
    var usurper: SpoolRefusal?
    /// Whether it is known what an earlier process has dropped and not reported, and what it may have lost.
    var knowsEarlierRun = false
    /// Since when messages of an earlier process may be missing, until that is reported.
    var missingSince: Timestamp?
    /// What a database that could not be opened at the start holds, until its messages have come after those in memory.
    var found: SpoolDatabase.Contents?
    /// Why an output could not read, until the next commit deals with it: one at a time decides about the disk.
    var readFailure: DiskFailure?
    var identity: SpoolIdentity
    /// The last position on the disk.
    var committed: Int64
    /// The last position of the commit that runs.
    private(set) var committing: Int64
    /// The last position that outputs may read: on the disk, or in memory while the disk fails.
    private(set) var released: Int64
    var account: SpoolAccount
    var clock: SpoolClock
    /// Messages on the disk after the last commit.
    var stored: MessageCounts
    var tail: SpoolTail
    let schedule = CommitSchedule()
    private var isFinishing = false
    /// Commits, and moves of a damaged database, of which is known what they took from the disk.
    var changesNoted = 0
    var readers: [WakeUp] = []

    /// The last position given.
    package private(set) var last: Int64
    /// Where a damaged database was moved when the spool was opened.
    package private(set) var damaged: String?

    /// Begins with what came of opening the database; when that failed, it begins in memory.
    ///
    /// - Parameters:
    ///   - opened: the first opening of `disk`.
    ///   - late: that opening, when it still goes on.
    ///   - outputs: what each output gets; a new one starts at the present. What only outputs waited for that are no
    ///     more, or get it no more, is dropped.
    ///   - diskRetry: how long a disk that failed is left alone.
    ///   - boot: the boot that the monotonic clock belongs to.
    ///   - now: both clocks, for the age of messages.
    package init(
        disk: SpoolDisk, opened: Result<SpoolFile.Opened, any Error>, late: SpoolOpening? = nil,
        outputs: [Subscription], limits: SpoolConfiguration, encoder: MessageEncoder, logger: Logger,
        diskRetry: Duration = Spool.diskRetry, boot: String? = Boot.id, now: @escaping () -> Moment = { .now }
    ) {
        self.encoder = encoder
        self.limits = limits
        self.logger = logger
        jobs = DiskJobs(of: disk)
        self.late = late
        health = DiskHealth(retryInterval: diskRetry)
        var contents = SpoolDatabase.Contents(
            identity: .new(), position: 0, cursors: [:], confirmed: ConfirmedPositions())
        do {
            let opened = try opened.get()
            contents = opened.contents
            damaged = opened.damaged
            opening = SpoolDisk.firstOpening
            knowsEarlierRun = true
        } catch {
            _ = health.failed(replaced: false, at: .now)
            logger.note(.diskFailing(reason: SpoolFile.describe(error)))
        }
        identity = contents.identity
        last = contents.position
        (committed, committing, released) = (contents.position, contents.position, contents.position)
        stored = contents.messages
        clock = SpoolClock(now, boot: boot, noted: contents.moment, newest: contents.newest)
        tail = SpoolTail(start: contents.position)
        account = SpoolAccount(outputs, contents)
        missingSince = contents.missingSince
        if let damaged { logger.note(.spoolDamaged(movedTo: damaged)) }
        reportDrops()
    }

    /// Applies new outputs and limits. A new output starts at the present; one that gets more kinds gets them from its
    /// cursor on. Messages that no output waits for any more are dropped. The next commit keeps the new limits.
    package func change(outputs: [Subscription], limits: SpoolConfiguration, encoder: MessageEncoder) {
        self.encoder = encoder
        self.limits = limits
        account.change(outputs, startingAt: last, onDisk: max(committed, committing), &tail)
        schedule.beginNow()
    }

    /// When there must have been progress; nil when there is nothing to do.
    package var deadline: Instant? { jobs.deadline ?? schedule.deadline }

    /// Waits for the disk no longer: the stop must end. Messages that only memory has are lost then, and reported.
    package func giveUp() {
        jobs.giveUp()
        readers.forEach { $0.raise() }
    }

    /// Logs an event, and appends it.
    package func report(_ event: Event) {
        logger.note(.event(event))
        append(event)
    }

    /// Logs what happened to hsmwatch itself just now, and appends it.
    package func report(_ action: ServiceAction) {
        report(Event(timestamp: .now, content: .service(action)))
    }

    /// What to tell of messages that an earlier process may have lost; nil when there is nothing to tell. The caller
    /// appends it before it waits for anything: the commit that takes the message also forgets the loss.
    package func takeLoss() -> String? {
        defer { missingSince = nil }
        return missingSince.map {
            "the last run did not close the spool; messages since \($0.utcText) may be missing"
        }
    }

    /// Takes an event in; it is on the disk soon, and then on its way. Never waits. What no output gets has no number.
    package func append(_ event: Event) {
        guard account.cursors.wanted.contains(event.kind) else { return }
        let message = encoder.encode(event)
        last += 1
        let body = identity.number(message)
        tail.append(
            message,
            as: SpooledMessage(
                position: last, kind: message.kind, time: clock.time.milliseconds, body: body))
        if tail.bytes > Self.memoryLimit { keepMemoryBounded() }
        releaseFromMemory()
        schedule.messageWaits(isRoutine: event.isRoutine)
    }

    // MARK: What outputs tell it

    /// Wakes a reader whenever there may be something new to read.
    package func notify(_ reader: WakeUp) {
        readers.append(reader)
    }

    package func stopNotifying(_ reader: WakeUp) {
        readers.removeAll { $0 === reader }
    }

    /// The last position that an output has confirmed, or after which there was nothing for it.
    package func cursor(of output: String) -> Int64 {
        account.cursors.confirmed(by: output) ?? last
    }

    /// An output sends everything up to a position.
    package func send(_ output: String, upTo position: Int64) {
        account.cursors.send(output, upTo: position)
    }

    /// An output knows that everything up to a position has arrived.
    package func confirm(_ output: String, upTo position: Int64) {
        guard account.cursors.confirm(output, upTo: position) else { return }
        schedule.plan(in: Self.cursorDelay)
    }

    /// An output can never deliver one of its messages, and goes on without it.
    package func noteUndeliverable(_ output: String, reason: String) {
        account.noteUndeliverable(output, reason: reason)
        schedule.plan(in: CommitSchedule.gathering)
    }

    /// The position after which an output sends when its peer may have lost what it has confirmed lately: at most
    /// `rewind` ago when the output went down, and at most the last `RewindWindow.messageLimit` messages.
    package func rewindStart(of output: String) -> Int64 {
        account.cursors.rewindStart(of: output, at: .now) ?? last
    }

    /// An output is down: what it has confirmed lately is kept until it confirms again.
    package func hold(_ output: String) {
        account.cursors.hold(output, at: .now)
    }

    /// An output's connection has ended: what it has not confirmed will be sent again.
    package func rewind(_ output: String) {
        if account.rewind(output) { schedule.plan(in: CommitSchedule.gathering) }
    }

    // MARK: Committing

    /// Whether no more groups are committed.
    var isEnding: Bool { isFinishing || usurper != nil }

    /// Commits group after group until the graceful shutdown or a cancellation, and then what is left.
    ///
    /// - Throws: `SpoolRefusal.inUse` when another hsmwatch has taken the directory, which was removed and made anew.
    package func run() async throws {
        // From the first commit on the disk says that this process runs.
        schedule.beginNow()
        watchPlace()
        await withTaskCancellationOrGracefulShutdownHandler {
            while !isEnding {
                await schedule.wait()
                await commitGroup()
            }
            await finish()
        } onCancelOrGracefulShutdown: {
            Task { @ServiceLoop in
                self.isFinishing = true
                self.schedule.beginNow()
            }
        }
        if let usurper { throw usurper }
    }

    private func commitGroup() async {
        schedule.begin()
        if let readFailure {
            self.readFailure = nil
            await diskFailed(readFailure)
        }
        if usurper == nil, isFinishing || health.mayTry(at: .now) {
            do {
                try await commit()
                if health.worked() { logger.note(.diskWorking) }
            } catch {
                await diskFailed(error)
            }
        }
        released = max(released, health.isWorking ? committed : last)
        keepMemoryBounded()
        reportDrops()
        if let retryAt = health.retryAt {
            schedule.plan(at: retryAt)
        }
        readers.forEach { $0.raise() }
    }

    /// While the disk fails, what is in memory goes on at once, whatever the disk is busy with. What a database that
    /// comes late brings along must get its place first.
    private func releaseFromMemory() {
        guard !health.isWorking, found == nil else { return }
        released = last
        readers.forEach { $0.raise() }
    }

    private func commit() async throws {
        try await openDatabase()
        await countAbandoned()
        let confirmed = account.cursors.confirmedByAll
        let messages = (tail.messages(after: max(committed, tail.start)) ?? []).filter(confirmed.awaits)
        var behind: Int64?
        if let found {
            // Its messages get the positions between those in memory and those to come, which wait meanwhile.
            behind = last
            last += found.position
        }
        let end = last
        committing = end
        defer { committing = committed }
        clock.note()
        let commit = SpoolDatabase.Commit(
            messages: messages, position: end, identity: identity, cursors: account.cursors.confirmed,
            confirmed: confirmed,
            deletable: account.cursors.deletable(at: .now), limits: limits, unreported: account.unreported,
            now: clock.time,
            moment: clock.noted, run: SpoolRun(missingSince: missingSince), movingBehind: behind)
        let done = try await jobs.ask(within: Liveness.spoolGrace) { try await $0.commit(commit) }
        changesNoted += 1
        committed = end
        if let found {
            account.abandon(in: found, awaiting: confirmed)
            self.found = nil
            tail.forget(upTo: end)
        }
        stored += MessageCounts(messages.lazy.map(\.kind))
        stored -= done.confirmed
        if done.isBehind { schedule.plan(in: .zero) }
        drop(done.droppedForSpace, reason: SpoolDatabase.spaceReason)
        drop(done.droppedForAge, reason: SpoolDatabase.ageReason)
    }

    /// Counts on the disk what no output waits for any more, before a commit deletes it.
    func countAbandoned() async {
        while let messages = account.abandoned.first {
            let count = try? await jobs.ask(within: Liveness.spoolGrace) {
                try await $0.count(of: messages.kind, after: messages.first, upTo: messages.last)
            }
            account.counted(messages, as: count ?? nil, stored: stored)
        }
    }

    /// Takes note of what a commit has dropped; there may be more to drop.
    private func drop(_ dropped: [DroppedMessage], reason: String) {
        stored -= MessageCounts(dropped.lazy.map(\.kind))
        tail.drop(dropped)
        account.drop(dropped, reason: reason)
        if dropped.count == SpoolDatabase.dropsAtOnce { schedule.plan(in: .zero) }
    }

    private func keepMemoryBounded() {
        let confirmed = account.cursors.confirmedByAll
        tail.forget(confirmed)
        tail.shrink(toFit: Self.tailLimit, upTo: committed)
        guard tail.bytes > Self.memoryLimit else { return }
        _ = tail.drop(after: max(committed, committing)) { !confirmed.awaits($0) }
        guard tail.bytes > Self.memoryLimit else { return }
        // What a commit has on its way stays. Of the rest more than is needed now goes, so that not every message has
        // to look for another to drop.
        let fixed = tail.bytes(upTo: max(committed, committing))
        let room = max(Self.memoryLimit - fixed, Self.memoryLimit / 8)
        let dropped = tail.drop(after: max(committed, committing), toFit: fixed + room / 8 * 7)
        account.drop(dropped, reason: "the disk does not keep up, and memory is bounded")
    }

    private func reportDrops() {
        tell(account.takeReports(at: .now))
        if let due = account.reportDue {
            schedule.plan(at: due)
        }
    }

    private func tell(_ reports: [DropReport]) {
        for report in reports {
            self.report(
                .messagesDropped(count: report.count, isUpperBound: report.isUpperBound, reason: report.reason))
        }
    }

    /// The last commit takes along what was dropped until then; what the disk still does not take is lost.
    private func finish() async {
        if usurper == nil {
            await commitGroup()
            tell(account.takeAllReports())
            if last > committed { await commitGroup() }
        }
        if jobs.hasGivenUp {
            // A commit that goes on may still succeed.
            account.noteLost(
                isDisplaced ? waiting : waitingInMemory, reason: "\(DiskGivenUp())", isUpperBound: true)
        } else if usurper == nil {
            account.noteLost(isDisplaced ? waiting : waitingInMemory, reason: "the disk has failed until the end")
        } else {
            // What is on its way may still arrive.
            account.noteLost(waiting, reason: "another hsmwatch has taken the spool's directory", isUpperBound: true)
        }
        tell(account.takeAllReports())
        schedule.cancel()
        // The process does not wait for an opening that does not end.
        guard late == nil else { return logger.note(.spoolNotClosed(reason: "\(SpoolOpening.Late())")) }
        do {
            let isComplete = health.isWorking && committed == last
            try await jobs.ask { try await $0.close(isComplete: isComplete) }
        } catch {
            logger.note(.spoolNotClosed(reason: SpoolFile.describe(error)))
        }
    }
}
