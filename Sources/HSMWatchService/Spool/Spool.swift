// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import NIOCore
import ServiceLifecycle

/// The durable queue between the HSMs and the outputs.
///
/// 1. Every message goes through it and is committed before an output sees it, in groups, off the event loop.
/// 2. Each output has a cursor. A message is deleted when every output has confirmed it; one that a limit drops before
///    that is counted and reported.
/// 3. When the disk fails, the spool goes on in bounded memory, under a new `_instance`: numbers that no disk remembers
///    must not come again after a restart. It returns to the disk when that works.
@ServiceLoop
package final class Spool: Service {
    /// How long a group gathers before it is committed.
    package nonisolated static let gathering = Duration.milliseconds(20)
    /// How long a confirmed position waits for company before it is committed alone.
    package nonisolated static let cursorDelay = Duration.seconds(1)
    /// How long a disk that failed is left alone.
    package nonisolated static let diskRetry = Duration.seconds(5)
    /// Bytes of committed messages that stay in memory for the outputs.
    package nonisolated static let tailLimit = 4 << 20
    /// Bytes that wait in memory at the most while the disk fails, or is slower than the HSMs.
    package nonisolated static let memoryLimit = 16 << 20
    /// Messages that an output gets at once.
    package nonisolated static let batchLimit = 1000

    private let file: SpoolFile
    private let encoder: MessageEncoder
    private let limits: SpoolConfiguration
    private let logger: Logger

    /// Nil while the disk does not even let it be opened.
    private var database: SpoolDatabase?
    private var identity: SpoolIdentity
    /// The last position on the disk.
    private var committed: Int64
    /// The last position of the commit that runs.
    private var committing: Int64
    private var cursors: [String: Int64]
    /// Messages on the disk.
    private var stored: Int
    private var tail: SpoolTail
    private var drops = DropLedger()
    /// When to try the disk again; nil while it works.
    private var retryAt: Instant?
    private var wakeAt: Instant?
    private var isFinishing = false
    private let wake = Signal()
    private var readers: [Signal] = []

    /// The last position given.
    package private(set) var last: Int64
    /// When the disk must have finished the job it has; nil when it has none.
    package private(set) var jobDeadline: Instant?
    /// Where a damaged database was moved when the spool was opened.
    package private(set) var damaged: String?

    /// Opens the spool; with a disk that cannot be used it begins in memory.
    ///
    /// - Parameter outputs: the names of all outputs; a new one starts at the present.
    package init(
        file: SpoolFile, outputs: [String], limits: SpoolConfiguration, encoder: MessageEncoder, logger: Logger
    ) {
        self.file = file
        self.encoder = encoder
        self.limits = limits
        self.logger = logger
        var contents = SpoolDatabase.Contents(identity: .new(), position: 0, cursors: [:], waiting: 0)
        do {
            let opened = try file.open()
            database = opened.database
            contents = opened.contents
            damaged = opened.damaged
        } catch {
            retryAt = .now + Self.diskRetry
            logger.note(.diskFailing(reason: "\(error)"))
        }
        identity = contents.identity
        last = contents.position
        committed = contents.position
        committing = contents.position
        stored = contents.waiting
        tail = SpoolTail(start: contents.position)
        cursors = Dictionary(uniqueKeysWithValues: outputs.map { ($0, contents.cursors[$0] ?? contents.position) })
        if let damaged {
            logger.note(.spoolDamaged(movedTo: damaged))
        }
    }

    /// Messages dropped since the start.
    package var dropped: Int { drops.total }

    /// Messages that some output has not confirmed yet.
    package var waiting: Int {
        let onDisk = confirmed >= committed ? 0 : stored
        return onDisk + tail.count(after: max(committed, confirmed))
    }

    /// Takes an event in; it is on the disk soon, and then on its way. Never waits.
    package func append(_ event: Event) {
        let message = encoder.encode(event)
        last += 1
        let body = identity.number(message)
        tail.append(
            message,
            as: SpooledMessage(
                position: last, kind: message.kind, time: message.timestamp.milliseconds, body: body))
        if tail.bytes > Self.memoryLimit {
            keepMemoryBounded()
        }
        plan(in: Self.gathering)
    }

    /// The messages after a position, at most `batchLimit`; none when there are none yet, and then every signal given
    /// to `notify` is raised when there are.
    package func messages(after position: Int64) async -> [SpooledMessage] {
        let end = retryAt == nil ? committed : last
        guard position < end else { return [] }
        if let recent = tail.messages(after: position, limit: Self.batchLimit) {
            return Array(recent.prefix { $0.position <= end })
        }
        do {
            let older = try await database?.messages(after: position, limit: Self.batchLimit) ?? []
            // Nothing left before the tail: what was there is dropped.
            return older.isEmpty ? await messages(after: tail.start) : older
        } catch {
            diskFailed(error)
            return []
        }
    }

    /// Has a signal raised whenever there may be something new to read.
    package func notify(_ signal: Signal) {
        readers.append(signal)
    }

    /// The last position that an output has confirmed.
    package func cursor(of output: String) -> Int64 {
        cursors[output] ?? last
    }

    /// An output knows that everything up to a position has arrived.
    package func confirm(_ output: String, upTo position: Int64) {
        guard let cursor = cursors[output], position > cursor else { return }
        cursors[output] = position
        plan(in: Self.cursorDelay)
    }

    /// Commits group after group until the graceful shutdown, and then what is left.
    package func run() async {
        await withGracefulShutdownHandler {
            while !isFinishing {
                await wake.wait()
                await commitGroup()
            }
            await commitGroup()
            close()
        } onGracefulShutdown: {
            Task { @ServiceLoop in
                self.isFinishing = true
                self.wake.raise()
            }
        }
    }

    /// The position up to which every output has confirmed.
    private var confirmed: Int64 {
        cursors.values.min() ?? last
    }

    private func plan(in delay: Duration) {
        let instant = Instant.now + delay
        guard wakeAt.map({ instant < $0 }) ?? true else { return }
        wakeAt = instant
        ServiceLoop.after(delay) { self.wake.raise() }
    }

    private func commitGroup() async {
        wakeAt = nil
        if retryAt.map({ $0 <= .now || isFinishing }) ?? true {
            do {
                try await commit(opening: retryAt != nil)
                diskWorked()
            } catch {
                diskFailed(error)
            }
        }
        keepMemoryBounded()
        reportDrops()
        readers.forEach { $0.raise() }
    }

    private func commit(opening: Bool) async throws {
        let database = try database ?? reopen()
        let floor = max(committed, confirmed)
        let messages = tail.messages(after: floor) ?? []
        let end = last
        committing = end
        jobDeadline = .now + Liveness.spoolGrace
        defer {
            committing = committed
            jobDeadline = nil
        }
        let done = try await database.commit(
            SpoolDatabase.Commit(
                messages: messages, position: end, identity: identity, cursors: cursors, limits: limits,
                now: .now))
        committed = end
        if opening {
            // What the database brought along lies between what was in memory and what comes now.
            tail.forget(upTo: end)
        }
        stored += messages.count - done.confirmed - done.droppedForSpace - done.droppedForAge
        drops.note(done.droppedForSpace, reason: "the spool is full (max_size)")
        drops.note(done.droppedForAge, reason: "older than max_age")
        if done.droppedForSpace + done.droppedForAge >= SpoolDatabase.dropsAtOnce {
            plan(in: .zero)
        }
    }

    /// Opens the database that could not be opened before; what it still holds comes behind what is in memory.
    private func reopen() throws -> SpoolDatabase {
        let opened = try file.open()
        stored = opened.contents.waiting
        if stored > 0 {
            last = try opened.database.move(behind: last)
        }
        database = opened.database
        return opened.database
    }

    private func diskWorked() {
        guard retryAt != nil else { return }
        retryAt = nil
        logger.note(.diskWorking)
    }

    private func diskFailed(_ error: any Error) {
        if SpoolFile.isDamage(error) {
            replaceDatabase()
            return
        }
        if retryAt == nil {
            identity = .new()
            tail.renumber(after: committed, as: &identity)
            logger.note(.diskFailing(reason: "\(error)"))
        }
        retryAt = .now + Self.diskRetry
        plan(in: Self.diskRetry)
    }

    /// Moves a damaged database aside; what is still in memory goes into the new one.
    private func replaceDatabase() {
        close()
        database = nil
        do {
            let moved = try file.moveAside()
            logger.note(.spoolDamaged(movedTo: moved))
            let rescued = tail.count(after: confirmed) - tail.count(after: max(committed, confirmed))
            drops.note(max(0, stored - rescued), reason: "the spool was damaged, and moved to \(moved)")
            stored = 0
            committed = max(tail.start, confirmed)
            plan(in: .zero)
        } catch {
            diskFailed(error)
        }
    }

    private func close() {
        do {
            try database?.close()
        } catch {
            logger.note(.diskFailing(reason: "\(error)"))
        }
    }

    private func keepMemoryBounded() {
        tail.forget(upTo: min(confirmed, last))
        tail.shrink(toFit: Self.tailLimit, upTo: committed)
        let dropped = tail.drop(after: max(committed, committing), toFit: Self.memoryLimit)
        drops.note(dropped, reason: "the disk does not keep up, and memory is bounded")
    }

    private func reportDrops() {
        if let report = drops.takeReport(at: .now) {
            let action = ServiceAction.messagesDropped(count: report.count, reason: report.reason)
            let event = Event(timestamp: .now, content: .service(action))
            logger.note(.event(event))
            append(event)
        } else if let due = drops.reportDue {
            plan(in: due - .now)
        }
    }
}
