// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle

/// The durable queue between the HSMs and the outputs.
///
/// 1. Every message goes through it and is committed before an output sees it, in groups, off the event loop.
/// 2. Each output has a cursor, and gets messages of the kinds that it wants. A message is deleted when every output that
///    gets it has confirmed it; one that a limit drops before that is counted and reported.
/// 3. When the disk fails, the spool goes on in bounded memory, under a new `_instance`: numbers that no disk remembers
///    must not come again after a restart. It returns to the disk when that works.
@ServiceLoop
package final class Spool: Service {
    let disk: SpoolDisk
    private var encoder: MessageEncoder
    private var limits: SpoolConfiguration
    let logger: Logger

    private(set) var health: DiskHealth
    /// The number of the database's opening; nil while it is not open. What fails on an earlier opening is ignored.
    private var opening: Int?
    /// The opening that was begun at the start and was not done in time; nil when there is none, or it is done.
    private var late: SpoolOpening?
    /// Whether the open database is no longer at its path, and could not be written anew.
    var isDisplaced = false
    /// The other hsmwatch that has taken the directory: this one ends.
    private var usurper: SpoolRefusal?
    /// Whether it is known what an earlier process has dropped and not reported, and what it may have lost.
    private var knowsEarlierRun = false
    /// Since when messages of an earlier process may be missing, until that is told.
    var missingSince: Timestamp?
    /// What a database that could not be opened at the start holds, until it has come behind what is in memory.
    private(set) var found: SpoolDatabase.Contents?
    /// Why an output could not read, until the next commit deals with it: one at a time decides about the disk.
    var readFailure: DiskFailure?
    private var identity: SpoolIdentity
    /// The last position on the disk.
    private(set) var committed: Int64
    /// The last position of the commit that runs.
    private(set) var committing: Int64
    /// The last position that outputs may read: on the disk, or in memory while the disk fails.
    private(set) var released: Int64
    var cursors: Cursors
    private var clock: SpoolClock
    /// Messages on the disk after the last commit.
    private(set) var stored: MessageCounts
    var tail: SpoolTail
    var drops: DropLedger
    let schedule = CommitSchedule()
    private var isFinishing = false
    /// Commits, and moves of a damaged database, of which is known what they took from the disk.
    private(set) var changesNoted = 0
    /// Messages on the disk that no output waits for any more, and that are not counted yet.
    var abandoned: [AbandonedMessages] = []
    var readers: [WakeUp] = []

    /// The last position given.
    package private(set) var last: Int64
    /// When the disk must have finished the job it has.
    var jobDeadline: Instant?
    /// Those that wait for the disk.
    var waits: [WakeUp] = []
    /// Whether nothing waits for the disk any longer.
    var hasGivenUp = false
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
        self.disk = disk
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
        drops = DropLedger(unreported: contents.unreported)
        cursors = Cursors(outputs, confirmed: contents.cursors, present: contents.position)
        missingSince = contents.missingSince
        if let damaged { logger.note(.spoolDamaged(movedTo: damaged)) }
        // What all of the last process's outputs had confirmed was only not deleted yet.
        abandoned = AbandonedMessages.between(contents.confirmed, cursors.confirmedByAll, upTo: last)
        reportDrops()
    }

    /// Goes on for other outputs, or other kinds of messages for them: a new one starts at the present, and one that gets
    /// more gets what there is behind its cursor. What only outputs waited for that get it no more is dropped. Within
    /// other limits, which the next commit keeps.
    package func change(outputs: [Subscription], limits: SpoolConfiguration, encoder: MessageEncoder) {
        self.encoder = encoder
        self.limits = limits
        let before = cursors.confirmedByAll
        cursors.change(outputs, startingAt: last).forEach { drops.note(1, reason: $0) }
        abandonMessages(awaitedBy: before)
        schedule.beginNow()
    }

    /// When there must have been progress; nil when there is nothing to do.
    package var deadline: Instant? { jobDeadline ?? schedule.deadline }

    /// Takes an event in; it is on the disk soon, and then on its way. Never waits. What no output gets has no number.
    package func append(_ event: Event) {
        guard cursors.wanted.contains(event.kind) else { return }
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
        while !abandoned.isEmpty { await countAbandoned() }
        let confirmed = cursors.confirmedByAll
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
            messages: messages, position: end, identity: identity, cursors: cursors.confirmed, confirmed: confirmed,
            deletable: cursors.deletable(at: .now), limits: limits, unreported: drops.unreported, now: clock.time,
            moment: clock.noted, run: SpoolRun(missingSince: missingSince), movingBehind: behind)
        let done = try await ask(within: Liveness.spoolGrace) { try await $0.commit(commit) }
        changesNoted += 1
        committed = end
        if let found {
            abandonMessages(in: found, awaiting: confirmed)
            self.found = nil
            tail.forget(upTo: end)
        }
        stored += MessageCounts(messages.lazy.map(\.kind))
        stored -= done.confirmed
        if done.isBehind { schedule.plan(in: .zero) }
        drop(done.droppedForSpace, reason: SpoolDatabase.spaceReason)
        drop(done.droppedForAge, reason: SpoolDatabase.ageReason)
    }

    /// Takes note of what a commit has dropped; there may be more to drop.
    private func drop(_ dropped: [DroppedMessage], reason: String) {
        stored -= MessageCounts(dropped.lazy.map(\.kind))
        tail.drop(dropped)
        note(dropped, reason: reason)
        if dropped.count == SpoolDatabase.dropsAtOnce { schedule.plan(in: .zero) }
    }

    /// Opens the database that could not be opened before; meanwhile the service goes on in memory.
    private func openDatabase() async throws {
        guard opening == nil else { return }
        let (opened, number) = try await nextOpening()
        opening = number
        stored = opened.contents.messages
        found = stored.total > 0 ? opened.contents : nil
        if let found {
            // The messages in memory are as old as before.
            tail.move(by: clock.resume(noted: found.moment, newest: found.newest))
        }
        if let damaged = opened.damaged { logger.note(.spoolDamaged(movedTo: damaged)) }
        if !knowsEarlierRun {
            knowsEarlierRun = true
            opened.contents.unreported.forEach { drops.note($0) }
            missingSince = opened.contents.missingSince
            if let loss = takeLoss() { tellDropped(count: nil, reason: loss) }
        }
    }

    /// The late opening when it is done, else a new one.
    private func nextOpening() async throws -> SpoolOpening.Opened {
        guard let late else { return try await ask(within: Liveness.openingGrace) { try await $0.open() } }
        guard let result = late.result else { throw SpoolOpening.Late() }
        self.late = nil
        return try result.get()
    }

    /// Counts what was dropped; what is on its way just then may still arrive.
    private func note(_ dropped: [DroppedMessage], reason: String) {
        drops.note(cursors.drop(dropped, reason: reason), reason: reason)
    }

    private func diskFailed(_ error: any Error) async {
        // That says nothing of the disk's health, and the spool ends.
        if error is DiskGivenUp { return }
        let failure = error as? DiskFailure
        // The database in which it failed was replaced meanwhile, or closed.
        if let failure, failure.opening != opening { return }
        var error = error
        var replaced = false
        if failure?.cause is SpoolDisplaced {
            do {
                try await restore()
                replaced = true
            } catch let refusal as SpoolRefusal {
                usurper = refusal
                logger.note(.spoolUsurped(refusal))
            } catch let obstacle {
                error = obstacle
            }
        } else if let failure, SpoolFile.isDamage(failure.cause) {
            replaced = await replaceDatabase()
        }
        guard usurper == nil else { return }
        switch health.failed(replaced: replaced, at: .now) {
        case .tryAgain:
            schedule.plan(in: .zero)
        case .goOnInMemory:
            identity = .new()
            // What an output may have sent keeps its number.
            tail.renumber(after: released, as: &identity)
            logger.note(.diskFailing(reason: SpoolFile.describe(error)))
        case .wait:
            break
        }
    }

    /// Moves a damaged database aside; what is still in memory goes into the next one.
    private func replaceDatabase() async -> Bool {
        let moved = try? await ask(within: Liveness.spoolGrace) { try await $0.moveAside() }
        opening = nil
        changesNoted += 1
        guard let moved else {
            // It stays where it is, closed: what it holds comes behind what is in memory when it can be opened again.
            committed = tail.start
            return false
        }
        logger.note(.spoolDamaged(movedTo: moved))
        giveUpCounting()
        note(onlyOnDisk, reason: "the spool was damaged; it is kept as \(moved)")
        found = nil
        stored = MessageCounts()
        committed = tail.start
        return true
    }

    private func keepMemoryBounded() {
        let confirmed = cursors.confirmedByAll
        tail.forget(confirmed)
        tail.shrink(toFit: Self.tailLimit, upTo: committed)
        guard tail.bytes > Self.memoryLimit else { return }
        _ = tail.drop(after: max(committed, committing)) { !confirmed.awaits($0) }
        guard tail.bytes > Self.memoryLimit else { return }
        // What a commit has on its way stays. Of the rest more than is needed now goes, so that not every message has to
        // look for another to drop.
        let fixed = tail.bytes(upTo: max(committed, committing))
        let room = max(Self.memoryLimit - fixed, Self.memoryLimit / 8)
        let dropped = tail.drop(after: max(committed, committing), toFit: fixed + room / 8 * 7)
        note(dropped, reason: "the disk does not keep up, and memory is bounded")
    }

    private func reportDrops() {
        tell(drops.takeReports(at: .now))
        if let due = drops.reportDue {
            schedule.plan(at: due)
        }
    }

    private func tell(_ reports: [DropReport]) {
        for report in reports {
            tellDropped(count: report.count, isUpperBound: report.isUpperBound, reason: report.reason)
        }
    }

    private func tellDropped(count: Int?, isUpperBound: Bool = false, reason: String) {
        report(.messagesDropped(count: count, isUpperBound: isUpperBound, reason: reason))
    }

    /// The last commit takes along what was dropped until then; what the disk still does not take is lost.
    private func finish() async {
        if usurper == nil {
            await commitGroup()
            tell(drops.takeAll())
            if last > committed { await commitGroup() }
        }
        if hasGivenUp {
            // A commit that goes on may still succeed.
            drops.note(
                isDisplaced ? waiting : waitingInMemory, reason: "\(DiskGivenUp())", isUpperBound: true)
        } else if usurper == nil {
            drops.note(isDisplaced ? waiting : waitingInMemory, reason: "the disk has failed until the end")
        } else {
            // What is on its way may still arrive.
            drops.note(waiting, reason: "another hsmwatch has taken the spool's directory", isUpperBound: true)
        }
        tell(drops.takeAll())
        schedule.cancel()
        // The process does not wait for an opening that does not end.
        guard late == nil else { return logger.note(.spoolNotClosed(reason: "\(SpoolOpening.Late())")) }
        do {
            let isComplete = health.isWorking && committed == last
            try await ask { try await $0.close(isComplete: isComplete) }
        } catch {
            logger.note(.spoolNotClosed(reason: SpoolFile.describe(error)))
        }
    }
}
