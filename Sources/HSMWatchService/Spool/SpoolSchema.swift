// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// The tables of the spool's database, and their version.
///
/// The version is SQLite's `user_version`. 0.1.0 wrote 0 and had fewer tables; its database is raised when it is
/// opened. The tables that it knew keep their columns, so 0.1.0 can still use the database.
enum SpoolSchema {
    /// The newest version that this hsmwatch knows.
    static let version = 1

    /// STRICT lets `quick_check` prove the types. A database of 0.1.0 has a table `clock` too, which is not read any
    /// more. The index holds the positions too, in order: it finds what comes after a position, or is the oldest, of a
    /// kind without a scan.
    private static let tables = """
        CREATE TABLE IF NOT EXISTS message (
            position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS message_kind ON message (kind);
        CREATE TABLE IF NOT EXISTS cursor (
            output TEXT PRIMARY KEY, position INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS confirmed (
            kind INTEGER PRIMARY KEY, position INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS identity (
            id INTEGER PRIMARY KEY CHECK (id = 1), instance TEXT NOT NULL, sequence INTEGER NOT NULL,
            position INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS moment (
            id INTEGER PRIMARY KEY CHECK (id = 1), boot TEXT, instant INTEGER NOT NULL, time INTEGER NOT NULL,
            civil INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS run (
            id INTEGER PRIMARY KEY CHECK (id = 1), missing_since INTEGER, is_closed INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS unreported (
            reason TEXT PRIMARY KEY, count INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// The columns of every table and index, as SQLite lists them.
    private static let shape = """
        SELECT entry.name,
            entry.name || '.' || column.name || ' ' || column.type || ' ' || column."notnull" || ' ' || column.pk
        FROM sqlite_schema AS entry JOIN pragma_table_info(entry.name) AS column
        WHERE entry.type = 'table'
        UNION ALL
        SELECT entry.name, entry.name || ' on ' || entry.tbl_name || ' ' || column.name
        FROM sqlite_schema AS entry JOIN pragma_index_info(entry.name) AS column
        WHERE entry.type = 'index'
        """

    /// Throws when a newer hsmwatch wrote the database at this path. It changes nothing there: the connection can only
    /// read. What else is wrong with the database comes out when it is opened for writing.
    static func refuseNewer(at path: String) throws(SpoolRefusal) {
        // SQLite makes these even for a reader, and leaves them.
        let made = [path + "-wal", path + "-shm"].filter { !FileManager.default.fileExists(atPath: $0) }
        defer { made.forEach { try? FileManager.default.removeItem(atPath: $0) } }
        var configuration = GRDB.Configuration()
        configuration.label = "hsmwatch.spool.version"
        configuration.readonly = true
        guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return }
        defer { try? queue.close() }
        let stored = try? queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        if let stored, stored > version { throw .newer(path: path, version: stored) }
    }

    /// Makes what is missing and raises the version.
    ///
    /// - Throws: `SQLITE_CORRUPT` when a table has another shape than its version says.
    static func raise(_ database: Database) throws {
        try database.execute(sql: tables)
        let expected = try DatabaseQueue().write { fresh in
            try fresh.execute(sql: tables)
            return try columns(fresh)
        }
        let found = try columns(database)
        if let table = expected.keys.sorted().first(where: { found[$0] != expected[$0] }) {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(table) has another shape than it should")
        }
        let stored = try Int.fetchOne(database, sql: "PRAGMA user_version")
        if stored != version { try database.execute(sql: "PRAGMA user_version = \(version)") }
    }

    /// The columns of each table and index.
    private static func columns(_ database: Database) throws -> [String: Set<String>] {
        try Row.fetchAll(database, sql: shape).reduce(into: [:]) { columns, row in
            columns[row[0] as String, default: []].insert(row[1])
        }
    }
}
