// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore

/// The spool's SQLite file (WAL mode, `synchronous=FULL`, locked for this process alone). Every method may block.
///
/// - A message is in `message` until every output that gets its kind has confirmed it, and no longer needs it for a
///   rewind, or a limit drops it. What is confirmed and kept does not count as waiting, and is the first to go.
/// - `cursor` holds each output's last confirmed position, and `confirmed` what they all have confirmed of each kind;
///   `identity` holds one row, written with every commit.
/// - What a commit did is on the disk when it returns, all of it or nothing.
package struct SpoolDatabase: Sendable {
    /// Rows that one commit drops at the most for each limit, so that it stays short.
    package static let dropsAtOnce = 2000
    /// Rows that one commit deletes at the most because they are confirmed: after an outage there are many.
    package static let deletesAtOnce = 20_000

    /// What a new process finds.
    package struct Contents: Equatable, Sendable {
        package var identity: SpoolIdentity
        /// The last position given.
        package var position: Int64
        package var cursors: [String: Int64]
        /// What is confirmed up to here may be left over, but waits no longer.
        package var confirmed: ConfirmedPositions
        package var messages = MessageCounts()
        /// When the newest message was appended, by the spool's clock.
        package var newest: Timestamp?
        /// A moment shortly before the last commit; nil in a database of 0.1.0.
        package var moment: SpoolMoment?
        /// Nil in a database of 0.1.0.
        package var run: SpoolRun?
        /// Drops that no message has reported yet.
        package var unreported: [DropReport] = []

        package var waiting: Int { messages.total }
    }

    /// The work of one transaction.
    package struct Commit: Sendable {
        package var messages: [SpooledMessage]
        /// The last position given.
        package var position: Int64
        package var identity: SpoolIdentity
        /// Of all outputs; whichever else the database knows is forgotten.
        package var cursors: [String: Int64]
        /// What every output has confirmed.
        package var confirmed: ConfirmedPositions
        /// What may be deleted: no more than that. Nil for all of it.
        package var deletable: ConfirmedPositions?
        package var limits: SpoolConfiguration
        /// Drops that no message has reported yet, but for those of this commit.
        package var unreported: [DropReport] = []
        /// The spool's clock, for `max_age`.
        package var now: Timestamp
        /// What the next process needs to know of that clock.
        package var moment: SpoolMoment?
        /// What it needs to know of this process.
        package var run: SpoolRun?
        /// Moves the messages of the database after this position first.
        package var movingBehind: Int64?
    }

    /// What came of it.
    package struct Committed: Equatable, Sendable {
        /// Messages that every output that gets them has confirmed since the last commit.
        package var confirmed = MessageCounts()
        /// Whether there are more of these.
        package var isBehind = false
        /// Dropped to stay within `max_size`.
        package var droppedForSpace: [DroppedMessage] = []
        /// Dropped because they were older than `max_age`.
        package var droppedForAge: [DroppedMessage] = []
    }

    /// Why a commit drops messages.
    package static let spaceReason = "the spool is full (max_size)"
    package static let ageReason = "older than max_age"

    let queue: DatabaseQueue
    /// Where its files lay when it was opened.
    let place: SpoolPlace
    private let pageSize: Int

    /// Opens or creates the database and proves that it is sound.
    ///
    /// - Throws: `DatabaseError`; one that `SpoolFile.isDamage` knows when it is damaged. `SpoolRefusal.newer` when a
    ///   newer hsmwatch wrote it.
    package init(path: String) throws {
        try SpoolSchema.refuseNewer(at: path)
        var configuration = GRDB.Configuration()
        configuration.label = "hsmwatch.spool"
        // GRDB's own would need a priority that an unprivileged service may not have.
        configuration.qos = .default
        // Not GRDB's own WAL mode: that sets `synchronous` back to NORMAL, which loses commits at a loss of power.
        // While this connection is open no other program can open the database.
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    """)
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        pageSize = try queue.write { database in
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict)
            }
            try SpoolSchema.raise(database)
            let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            precondition(synchronous == Self.synchronousFull, "a commit is on the disk when it returns")
            return try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        }
        place = SpoolPlace(of: [path, path + "-wal"])
    }

    /// What SQLite calls `FULL`.
    private static let synchronousFull = 2

    /// Appends, moves cursors, deletes what all have confirmed and keeps the limits, in one transaction.
    ///
    /// - Parameter previous: this process's last commit, if it has succeeded and dropped nothing: what it wrote is not
    ///   written again.
    package func commit(_ commit: Commit, after previous: Commit? = nil) throws -> Committed {
        try queue.write { database in
            if let last = commit.movingBehind {
                try Self.deleteConfirmed(in: database)
                try Self.move(behind: last, in: database)
            }
            let confirmsMore = commit.confirmed != previous?.confirmed
            let before = confirmsMore ? try Self.storedConfirmations(database) : commit.confirmed
            try Self.insert(commit.messages, into: database)
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO identity VALUES (1, ?, ?, ?)").execute(
                arguments: [commit.identity.instance, commit.identity.sequence, commit.position])
            if let moment = commit.moment, moment != previous?.moment {
                try Self.store(moment, in: database)
            }
            if let run = commit.run, run != previous?.run {
                try database.cachedStatement(sql: "INSERT OR REPLACE INTO run VALUES (1, ?, ?)").execute(
                    arguments: [run.missingSince?.milliseconds, run.isClosed])
            }
            if commit.cursors != previous?.cursors {
                try Self.store(commit.cursors, in: database)
            }
            var done = Committed()
            if confirmsMore {
                done.confirmed = try Self.count(after: before, upTo: commit.confirmed, in: database)
                try Self.store(commit.confirmed, in: database)
            }
            let deletable = commit.deletable ?? commit.confirmed
            let deletedBefore = previous.map { $0.deletable ?? $0.confirmed }
            if deletable != deletedBefore {
                let deleted = try Self.delete(deletable, unlike: deletedBefore, from: database)
                done.isBehind = deleted.total == Self.deletesAtOnce
            }
            let cutoff = commit.now.milliseconds - commit.limits.maxAge.wholeMilliseconds
            done.droppedForAge = try Self.dropAged(before: cutoff, database)
                .filter { commit.confirmed.awaits($0.position, $0.kind) }
            // What is confirmed makes room first.
            done.droppedForSpace =
                done.isBehind ? [] : try dropExcess(over: commit.limits.maxSize, confirmed: commit.confirmed, database)
            let drops = [(done.droppedForSpace, Self.spaceReason), (done.droppedForAge, Self.ageReason)]
            if !(drops.allSatisfy(\.0.isEmpty) && commit.unreported == previous?.unreported) {
                let reports = drops.map { DropReport(count: $0.count, reason: $1) }
                try Self.store(commit.unreported + reports, in: database)
            }
            return done
        }
    }

    /// Notes that the process ends, with everything that it had on the disk.
    package func markClosed() throws {
        try queue.write { try $0.execute(sql: "UPDATE run SET is_closed = 1") }
    }

    /// Writes all that it holds into a new database at a path, and has that on the disk.
    func copy(to path: String) throws {
        let copy = try DatabaseQueue(path: path)
        try queue.backup(to: copy)
        try copy.close()
    }

    package func close() throws {
        try queue.close()
    }

    /// Adds `last` to every message's position.
    private static func move(behind last: Int64, in database: Database) throws {
        // Twice, and by way of the negative numbers: while the rows move one by one, none may meet another.
        try database.execute(sql: "UPDATE message SET position = -position")
        try database.execute(sql: "UPDATE message SET position = ? - position", arguments: [last])
    }

    private static func insert(_ messages: [SpooledMessage], into database: Database) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO message VALUES (?, ?, ?, ?)")
        for message in messages {
            try statement.execute(
                arguments: [message.position, message.kind.rawValue, message.time, Data(message.body)])
        }
    }

    /// Stores the cursors and forgets those of removed outputs.
    private static func store(_ cursors: [String: Int64], in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM cursor").execute()
        let statement = try database.cachedStatement(sql: "INSERT INTO cursor VALUES (?, ?)")
        for (output, position) in cursors {
            try statement.execute(arguments: [output, position])
        }
    }

    private static func store(_ moment: SpoolMoment, in database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO moment VALUES (1, ?, ?, ?, ?)").execute(
            arguments: [
                moment.boot, moment.instant.nanoseconds, moment.time.milliseconds, moment.civil.milliseconds,
            ])
    }

    /// Stores what is confirmed by all.
    private static func store(_ confirmed: ConfirmedPositions, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM confirmed").execute()
        let statement = try database.cachedStatement(sql: "INSERT INTO confirmed VALUES (?, ?)")
        for (kind, position) in confirmed.positions {
            try statement.execute(arguments: [kind.rawValue, position])
        }
    }

    /// Deletes what may be deleted, the oldest of a kind first; skips kinds unchanged since the last commit.
    private static func delete(
        _ deletable: ConfirmedPositions, unlike previous: ConfirmedPositions?, from database: Database
    ) throws -> MessageCounts {
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM message WHERE kind = ?1 AND position <= (
                    SELECT max(position) FROM (
                        SELECT position FROM message WHERE kind = ?1 AND position <= ?2 ORDER BY position LIMIT ?3))
                """)
        var deleted = MessageCounts()
        for kind in Event.Kind.allCases where previous.map({ $0[kind] != deletable[kind] }) ?? true {
            try statement.execute(arguments: [kind.rawValue, deletable[kind], deletesAtOnce - deleted.total])
            deleted[kind] = database.changesCount
        }
        return deleted
    }

    /// Keeps the count of drops until a message reports it: a killed process must not lose it.
    private static func store(_ unreported: [DropReport], in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM unreported").execute()
        let statement = try database.cachedStatement(
            sql: "INSERT INTO unreported VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count")
        for report in unreported where report.count > 0 {
            try statement.execute(arguments: [report.stored, report.count])
        }
    }

    /// Drops the oldest messages as long as they are too old.
    private static func dropAged(before cutoff: Int64, _ database: Database) throws -> [DroppedMessage] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT position, kind, time FROM message ORDER BY position LIMIT ?"),
            arguments: [dropsAtOnce])
        var aged: [DroppedMessage] = []
        while let row = try rows.next(), row[2] < cutoff {
            aged.append(DroppedMessage(position: row[0], kind: Event.Kind(stored: row[1])))
        }
        try delete(aged, from: database)
        return aged
    }

    /// Drops as much as is above the limit: first what is confirmed and only kept, then readings, and state changes
    /// last; the oldest of a kind before the younger. Answers what was not confirmed.
    private func dropExcess(
        over limit: Int, confirmed: ConfirmedPositions, _ database: Database
    ) throws -> [DroppedMessage] {
        guard var excess = try bytes(over: limit, database) else { return [] }
        func oldest(_ condition: String) throws -> [DroppedMessage] {
            var found: [DroppedMessage] = []
            for kind in Event.Kind.allCases where excess > 0 && found.count < Self.dropsAtOnce {
                let rows = try Row.fetchCursor(
                    database.cachedStatement(
                        sql: """
                            SELECT position, length(body) FROM message WHERE kind = ? AND position \(condition) ?
                            ORDER BY position LIMIT ?
                            """),
                    arguments: [kind.rawValue, confirmed[kind], Self.dropsAtOnce - found.count])
                while excess > 0, let row = try rows.next() {
                    found.append(DroppedMessage(position: row[0], kind: kind))
                    excess -= row[1]
                }
            }
            try Self.delete(found, from: database)
            return found
        }
        let kept = try oldest("<=")
        // There may be more to make room with.
        return kept.count < Self.dropsAtOnce ? try oldest(">") : []
    }

    private static func delete(_ dropped: [DroppedMessage], from database: Database) throws {
        let statement = try database.cachedStatement(sql: "DELETE FROM message WHERE position = ?")
        for message in dropped {
            try statement.execute(arguments: [message.position])
        }
    }

    /// Bytes of the pages in use above the limit, indexes and all; nil when there are none. SQLite uses free pages
    /// again before the file grows.
    private func bytes(over limit: Int, _ database: Database) throws -> Int? {
        func number(_ pragma: String) throws -> Int {
            try Int.fetchOne(database.cachedStatement(sql: "PRAGMA \(pragma)")) ?? 0
        }
        let pages = try number("page_count")
        guard pages * pageSize > limit else { return nil }
        let excess = (pages - (try number("freelist_count"))) * pageSize - limit
        return excess > 0 ? excess : nil
    }
}
