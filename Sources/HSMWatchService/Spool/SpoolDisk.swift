// SPDX-License-Identifier: Apache-2.0

import Dispatch
import GRDB
import HSMWatchCore

/// The spool's disk: does what may block, one job after the other, off the event loop.
package actor SpoolDisk {
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
    /// The number of the last opening; 0 before the first.
    private var opening = 0
    /// Whether what the database holds has its places. One that is opened late gets them with the first commit: until
    /// then its positions mean others.
    private var hasPlaces: Bool
    /// How many jobs have ended after which something may be gone from the disk.
    private var changes = 0
    /// What need not be written again, without the messages.
    private var previous: SpoolDatabase.Commit?

    package init(file: SpoolFile) {
        self.file = file
        hasPlaces = false
    }

    /// - Parameters:
    ///   - lock: `file`'s, when this process has it.
    ///   - database: `file`'s, when it is already open: that was the first opening.
    init(file: SpoolFile, lock: SpoolLock?, database: SpoolDatabase?) {
        self.file = file
        self.lock = lock
        self.database = database
        hasPlaces = database != nil
        opening = database == nil ? 0 : Self.firstOpening
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Takes the spool's lock, or keeps it.
    func takeLock() throws(SpoolRefusal) {
        lock = try file.lock(keeping: lock)
    }

    /// Opens the database; a damaged one is moved aside and replaced. Answers the opening's number too.
    func open() async throws -> SpoolOpening.Opened {
        var retry = ReadRetry()
        while true {
            try takeLock()
            do {
                let opened = try file.open(isLocked: lock != nil) { SpoolFile.isDamage($0) && !retry.mayFollow($0) }
                database = opened.database
                opening += 1
                hasPlaces = false
                return (opened, opening)
            } catch {
                guard await retry.isDue(after: error) else { throw error }
            }
        }
    }

    /// The positions in the database mean what they say: the spool begins with them.
    func keepPlaces() {
        hasPlaces = database != nil
    }

    /// Throws when the paths of the open database, or of the locked directory, lead elsewhere now.
    func checkPlace() throws(DiskFailure) {
        guard let database, !database.place.isUnchanged else { return }
        throw failure(SpoolDisplaced())
    }

    /// Writes the open database anew at its path, and takes the lock of the directory there. Answers where a foreign
    /// database is that lay there.
    func restore() throws -> String? {
        guard let displaced = database else { return nil }
        try takeLock()
        let (restored, foreign) = try file.rewrite(displaced)
        database = restored
        // It has given all it had.
        try? displaced.close()
        return foreign
    }

    func commit(_ commit: SpoolDatabase.Commit) async throws(DiskFailure) -> SpoolDatabase.Committed {
        try checkPlace()
        let known = previous
        previous = nil
        guard let done = try await reading({ try $0.commit(commit, after: known) }) else {
            throw failure(DatabaseError(resultCode: .SQLITE_MISUSE, message: "the database is not open"))
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
    ) async throws(DiskFailure) -> (messages: [SpooledMessage], changes: Int) {
        guard hasPlaces else { return ([], changes) }
        let messages = try await reading {
            try $0.messages(of: kinds, after: position, limit: limit, bytes: bytes)
        }
        return (messages ?? [], changes)
    }

    /// Messages of a kind after a position, up to another; nil when there is no database that has its places.
    func count(of kind: Event.Kind, after first: Int64, upTo last: Int64) async throws(DiskFailure) -> Int? {
        guard hasPlaces else { return nil }
        return try await reading { try $0.count(of: kind, after: first, upTo: last) }
    }

    /// Asks the open database, again after a read error that may go away. Answers nil when there is none, or no longer:
    /// other jobs run between two attempts.
    private func reading<Answer>(_ ask: (SpoolDatabase) throws -> Answer) async throws(DiskFailure) -> Answer? {
        var retry = ReadRetry()
        let number = opening
        while number == opening, let database {
            do {
                return try ask(database)
            } catch {
                guard await retry.isDue(after: error) else { throw DiskFailure(opening: number, cause: error) }
            }
        }
        return nil
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
