// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore

/// The spool's SQLite file (WAL mode, `synchronous=FULL`).
///
/// - A message is in `message` until every output has confirmed it or a limit drops it.
/// - `cursor` holds each output's last confirmed position; `identity` holds one row, written with every commit.
/// - What a commit did is on the disk when it returns, all of it or nothing.
package struct SpoolDatabase: Sendable {
    /// Rows that one commit drops at the most for space, so that it stays short.
    package static let dropsAtOnce = 2000

    /// What a new process finds.
    package struct Contents: Equatable, Sendable {
        package var identity: SpoolIdentity
        /// The last position given.
        package var position: Int64
        package var cursors: [String: Int64]
        package var waiting: Int
    }

    /// What one transaction shall do.
    package struct Commit: Sendable {
        package var messages: [SpooledMessage]
        /// The last position given.
        package var position: Int64
        package var identity: SpoolIdentity
        package var cursors: [String: Int64]
        package var limits: SpoolConfiguration
        /// Civil time, for `max_age`.
        package var now: Timestamp
    }

    /// What came of it.
    package struct Committed: Equatable, Sendable {
        /// Messages deleted because every output has confirmed them.
        package var confirmed: Int
        /// Messages dropped to stay within `max_size`.
        package var droppedForSpace: Int
        /// Messages dropped because they were older than `max_age`.
        package var droppedForAge: Int
    }

    private let queue: DatabaseQueue

    /// Opens or creates the database and proves that it is sound.
    ///
    /// - Throws: `DatabaseError`; `SQLITE_CORRUPT` or `SQLITE_NOTADB` when it is damaged.
    package init(path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.journalMode = .wal
        configuration.label = "hsmwatch.spool"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict)
            }
            try database.execute(sql: Self.schema)
        }
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS message (
            position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL
        );
        CREATE TABLE IF NOT EXISTS cursor (output TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS identity (
            id INTEGER PRIMARY KEY CHECK (id = 1), instance TEXT NOT NULL, sequence INTEGER NOT NULL,
            position INTEGER NOT NULL
        );
        """

    /// What the database holds; a new one gets an identity.
    package func contents() throws -> Contents {
        try queue.read { database in
            let row = try Row.fetchOne(database, sql: "SELECT instance, sequence, position FROM identity")
            let cursors = try Row.fetchAll(database, sql: "SELECT output, position FROM cursor")
            return Contents(
                identity: row.map { SpoolIdentity(instance: $0["instance"], sequence: $0["sequence"]) } ?? .new(),
                position: row?["position"] ?? 0,
                cursors: Dictionary(uniqueKeysWithValues: cursors.map { ($0["output"], $0["position"]) }),
                waiting: try Int.fetchOne(database, sql: "SELECT count(*) FROM message") ?? 0)
        }
    }

    /// Appends, moves cursors, deletes what all have confirmed and keeps the limits, in one transaction.
    package func commit(_ commit: Commit) async throws -> Committed {
        try await queue.write { database in
            try Self.insert(commit.messages, into: database)
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO identity VALUES (1, ?, ?, ?)").execute(
                arguments: [commit.identity.instance, commit.identity.sequence, commit.position])
            let confirmed = try Self.store(commit.cursors, in: database)
            let cutoff = commit.now.milliseconds - commit.limits.maxAge.wholeMilliseconds
            let aged = try Self.dropAged(before: cutoff, database)
            let excess = try Self.dropExcess(over: commit.limits.maxSize, database)
            return Committed(confirmed: confirmed, droppedForSpace: excess, droppedForAge: aged)
        }
    }

    /// The messages after a position, oldest first, at most `limit` of them.
    package func messages(after position: Int64, limit: Int) async throws -> [SpooledMessage] {
        try await queue.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT position, kind, time, body FROM message WHERE position > ? ORDER BY position LIMIT ?")
            let rows = try Row.fetchCursor(statement, arguments: [position, limit])
            var messages: [SpooledMessage] = []
            while let row = try rows.next() {
                let body = try row.withUnsafeData(atIndex: 3) { $0.map(Array.init) ?? [] }
                messages.append(
                    SpooledMessage(
                        position: row[0], kind: Event.Kind(rawValue: row[1]) ?? .service, time: row[2], body: body))
            }
            return messages
        }
    }

    /// Gives every message a position behind `last`; answers the last one then given.
    package func move(behind last: Int64) throws -> Int64 {
        try queue.write { database in
            let top = try Int64.fetchOne(database, sql: "SELECT max(position) FROM message") ?? 0
            // Twice, and far apart: while the rows move one by one, none may meet another.
            try database.execute(sql: "UPDATE message SET position = -position")
            try database.execute(sql: "UPDATE message SET position = ? - position", arguments: [last])
            return last + top
        }
    }

    package func close() throws {
        try queue.close()
    }

    private static func insert(_ messages: [SpooledMessage], into database: Database) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO message VALUES (?, ?, ?, ?)")
        for message in messages {
            try statement.execute(
                arguments: [message.position, message.kind.rawValue, message.time, Data(message.body)])
        }
    }

    /// Stores the cursors and deletes what every output has confirmed.
    private static func store(_ cursors: [String: Int64], in database: Database) throws -> Int {
        let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO cursor VALUES (?, ?)")
        for (output, position) in cursors {
            try statement.execute(arguments: [output, position])
        }
        guard let confirmed = cursors.values.min() else { return 0 }
        try database.cachedStatement(sql: "DELETE FROM message WHERE position <= ?").execute(arguments: [confirmed])
        return database.changesCount
    }

    private static func dropAged(before cutoff: Int64, _ database: Database) throws -> Int {
        let oldest = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT time FROM message ORDER BY position LIMIT 1"))
        guard let oldest, oldest < cutoff else { return 0 }
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM message WHERE position IN
                    (SELECT position FROM message WHERE time < ? ORDER BY position LIMIT ?)
                """)
        try statement.execute(arguments: [cutoff, dropsAtOnce])
        return database.changesCount
    }

    /// Readings go first and state changes last, the oldest of a kind before the younger.
    private static func dropExcess(over limit: Int, _ database: Database) throws -> Int {
        guard try usedBytes(database) > limit else { return 0 }
        var dropped = 0
        for kind in Event.Kind.allCases where dropped == 0 {
            let statement = try database.cachedStatement(
                sql: """
                    DELETE FROM message WHERE position IN
                        (SELECT position FROM message WHERE kind = ? ORDER BY position LIMIT ?)
                    """)
            try statement.execute(arguments: [kind.rawValue, dropsAtOnce])
            dropped = database.changesCount
        }
        return dropped
    }

    /// Bytes of the pages in use, indexes and all; SQLite uses free pages again before the file grows.
    private static func usedBytes(_ database: Database) throws -> Int {
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        return (pages - free) * size
    }
}
