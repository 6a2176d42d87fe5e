// SPDX-License-Identifier: Apache-2.0

import Dispatch
import GRDB
import HSMWatchCore

/// The spool's disk: does what may block, one job after the other, off the event loop.
actor SpoolDisk {
    private final class Executor: SerialExecutor {
        private let queue = DispatchQueue(label: "hsmwatch.spool")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }
    }

    /// The number of the first opening.
    static let firstOpening = 1

    private nonisolated let executor = Executor()
    private let file: SpoolFile
    /// Nil when the directory could not be locked, and after the end.
    private var lock: SpoolLock?
    /// Nil while it cannot be opened, and after the end.
    private var database: SpoolDatabase? {
        didSet { previous = nil }
    }
    /// The number of the last opening; the one of the database that is given to `init` is `firstOpening`.
    private var opening = firstOpening
    /// Whether what the database holds has its places. One that is opened late gets them with the first commit: until
    /// then its positions mean others.
    private var hasPlaces: Bool
    /// How many jobs have ended after which something may be gone from the disk.
    private var changes = 0
    /// What need not be written again, without the messages.
    private var previous: SpoolDatabase.Commit?

    /// - Parameters:
    ///   - lock: `file`'s, when this process has it.
    ///   - database: `file`'s, when it is already open.
    init(file: SpoolFile, lock: SpoolLock?, database: SpoolDatabase?) {
        self.file = file
        self.lock = lock
        self.database = database
        hasPlaces = database != nil
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Opens the database; a damaged one is moved aside and replaced. Answers the opening's number too.
    func open() throws -> (opened: SpoolFile.Opened, number: Int) {
        lock = try file.lock(keeping: lock)
        let opened = try file.open(isLocked: lock != nil)
        database = opened.database
        opening += 1
        hasPlaces = false
        return (opened, opening)
    }

    func commit(_ commit: SpoolDatabase.Commit) throws(DiskFailure) -> SpoolDatabase.Committed {
        guard let database else {
            throw failure(DatabaseError(resultCode: .SQLITE_MISUSE, message: "the database is not open"))
        }
        let known = previous
        previous = nil
        let done: SpoolDatabase.Committed
        do {
            done = try database.commit(commit, after: known)
        } catch {
            throw failure(error)
        }
        hasPlaces = true
        changes += 1
        if done.droppedForSpace.isEmpty, done.droppedForAge.isEmpty, !done.isBehind {
            previous = commit
            previous?.messages = []
        }
        return done
    }

    /// The messages of some kinds after a position, none when there is no database that has its places; and how many
    /// commits, and moves of a damaged database, came before.
    func messages(
        of kinds: Set<Event.Kind>, after position: Int64, limit: Int, bytes: Int
    ) throws(DiskFailure) -> (messages: [SpooledMessage], changes: Int) {
        guard hasPlaces, let database else { return ([], changes) }
        do {
            return (try database.messages(of: kinds, after: position, limit: limit, bytes: bytes), changes)
        } catch {
            throw failure(error)
        }
    }

    /// Messages of a kind after a position, up to another; none when there is no database that has its places.
    func count(of kind: Event.Kind, after first: Int64, upTo last: Int64) throws(DiskFailure) -> Int {
        guard hasPlaces, let database else { return 0 }
        do {
            return try database.count(of: kind, after: first, upTo: last)
        } catch {
            throw failure(error)
        }
    }

    /// Moves a damaged database aside, so that the next `open` begins a new one. Answers its new name.
    func moveAside() throws -> String {
        changes += 1
        // What is damaged need not close in good order.
        try? closeDatabase()
        return try file.moveAside()
    }

    /// Closes the database and releases the lock: from now on another hsmwatch may use the spool.
    ///
    /// - Parameter isComplete: whether everything that the process had is on the disk.
    func close(isComplete: Bool) throws {
        defer { lock = nil }
        let mark = Result { if isComplete { try database?.markClosed() } }
        try closeDatabase()
        try mark.get()
    }

    private func closeDatabase() throws {
        defer { database = nil }
        try database?.close()
    }

    private func failure(_ cause: any Error) -> DiskFailure {
        DiskFailure(opening: opening, cause: cause)
    }
}
