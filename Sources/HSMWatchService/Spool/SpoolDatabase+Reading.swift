// SPDX-License-Identifier: Apache-2.0

import GRDB
import GRDBSQLite
import HSMWatchCore

/// What is asked of the database.
extension SpoolDatabase {
    /// What the database holds; a new one gets an identity.
    package func contents() throws -> Contents {
        try queue.read { database in
            let row = try Row.fetchOne(database, sql: "SELECT instance, sequence, position FROM identity")
            let rows = try Row.fetchAll(database, sql: "SELECT output, position FROM cursor")
            let cursors = Dictionary(
                uniqueKeysWithValues: rows.map { ($0["output"] as String, $0["position"] as Int64) })
            let newest = try Row.fetchOne(
                database, sql: "SELECT position, time FROM message ORDER BY position DESC LIMIT 1")
            let confirmed = try Self.confirmed(by: cursors, database)
            return Contents(
                identity: row.map { SpoolIdentity(instance: $0["instance"], sequence: $0["sequence"]) } ?? .new(),
                // A position below a cursor's would count as confirmed: whatever was lost, none may be given again.
                position: max(row?["position"] ?? 0, newest?["position"] ?? 0, cursors.values.max() ?? 0),
                cursors: cursors,
                confirmed: confirmed,
                messages: try Self.counts(after: confirmed, database),
                newest: newest.map { Timestamp(milliseconds: $0["time"]) },
                moment: try Self.moment(database), run: try Self.run(database),
                unreported: try Row.fetchAll(database, sql: "SELECT count, reason FROM unreported").map {
                    DropReport(count: $0["count"], stored: $0["reason"])
                })
        }
    }

    /// Messages of a kind after a position, up to another.
    package func count(of kind: Event.Kind, after first: Int64, upTo last: Int64) throws -> Int {
        try queue.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM message WHERE kind = ? AND position > ? AND position <= ?",
                arguments: [kind.rawValue, first, last]) ?? 0
        }
    }

    /// The messages of some kinds after a position, oldest first: at most `limit` of them, and no more once they have
    /// `bytes`.
    package func messages(
        of kinds: Set<Event.Kind> = .all, after position: Int64, limit: Int, bytes: Int
    ) throws -> [SpooledMessage] {
        guard !kinds.isEmpty else { return [] }
        return try queue.read { database in
            let statement = try database.cachedStatement(sql: Self.selection(of: kinds))
            try statement.setArguments([position, limit])
            var messages: [SpooledMessage] = []
            var room = bytes
            // Straight from SQLite: after an outage this is what the time goes into.
            let row = statement.sqliteStatement
            defer { sqlite3_reset(row) }
            while room > 0 {
                let code = sqlite3_step(row)
                guard code == SQLITE_ROW else {
                    guard code == SQLITE_DONE else {
                        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
                    }
                    break
                }
                let body = UnsafeRawBufferPointer(
                    start: sqlite3_column_blob(row, 3), count: Int(sqlite3_column_bytes(row, 3)))
                room -= body.count
                messages.append(
                    SpooledMessage(
                        position: sqlite3_column_int64(row, 0),
                        kind: Event.Kind(stored: Int(sqlite3_column_int64(row, 1))),
                        time: sqlite3_column_int64(row, 2), body: Array(body)))
            }
            return messages
        }
    }

    /// Each kind is a walk along the index, and SQLite merges them: whatever lies between is not touched.
    static func selection(of kinds: Set<Event.Kind>) -> String {
        let all = "SELECT position, kind, time, body FROM message WHERE position > ?1"
        let wanted = Event.Kind.allCases.filter(kinds.contains)
        let parts = kinds == .all ? [all] : wanted.map { "\(all) AND kind = \($0.rawValue)" }
        return parts.joined(separator: " UNION ALL ") + " ORDER BY position LIMIT ?2"
    }

    private static func moment(_ database: Database) throws -> SpoolMoment? {
        try Row.fetchOne(database, sql: "SELECT boot, instant, time, civil FROM moment").map {
            SpoolMoment(
                boot: $0["boot"], instant: Instant(nanoseconds: $0["instant"]),
                time: Timestamp(milliseconds: $0["time"]), civil: Timestamp(milliseconds: $0["civil"]))
        }
    }

    private static func run(_ database: Database) throws -> SpoolRun? {
        try Row.fetchOne(database, sql: "SELECT missing_since, is_closed FROM run").map {
            let since: Int64? = $0["missing_since"]
            return SpoolRun(missingSince: since.map { Timestamp(milliseconds: $0) }, isClosed: $0["is_closed"])
        }
    }

    /// What is not confirmed by all.
    private static func counts(after confirmed: ConfirmedPositions, _ database: Database) throws -> MessageCounts {
        let rows = try Row.fetchCursor(database, sql: "SELECT kind, count(*) FROM message GROUP BY kind")
        var counts = MessageCounts()
        while let row = try rows.next() {
            counts[Event.Kind(stored: row[0])] += row[1]
        }
        let nothing = ConfirmedPositions(Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, 0) }))
        counts -= try count(after: nothing, upTo: confirmed, in: database)
        return counts
    }

    /// How many messages of each kind there are after some positions, up to others.
    static func count(
        after first: ConfirmedPositions, upTo last: ConfirmedPositions, in database: Database
    ) throws -> MessageCounts {
        let statement = try database.cachedStatement(
            sql: "SELECT count(*) FROM message WHERE kind = ? AND position > ? AND position <= ?")
        var counts = MessageCounts()
        for kind in Event.Kind.allCases where first[kind] < last[kind] {
            counts[kind] = try Int.fetchOne(statement, arguments: [kind.rawValue, first[kind], last[kind]]) ?? 0
        }
        return counts
    }

    /// What was confirmed by all when the last commit was made.
    static func storedConfirmations(_ database: Database) throws -> ConfirmedPositions {
        let rows = try Row.fetchAll(database, sql: "SELECT output, position FROM cursor")
        let cursors = Dictionary(uniqueKeysWithValues: rows.map { ($0["output"] as String, $0["position"] as Int64) })
        return try confirmed(by: cursors, database)
    }

    /// Deletes what was confirmed by all when the last commit was made, and only kept.
    static func deleteConfirmed(in database: Database) throws {
        let confirmed = try storedConfirmations(database)
        for kind in Event.Kind.allCases {
            try database.execute(
                sql: "DELETE FROM message WHERE kind = ? AND position <= ?",
                arguments: [kind.rawValue, confirmed[kind]])
        }
    }

    /// What was confirmed by all when the last commit was made. One of an earlier version says nothing of it: there
    /// every output got all kinds.
    private static func confirmed(by cursors: [String: Int64], _ database: Database) throws -> ConfirmedPositions {
        let rows = try Row.fetchAll(database, sql: "SELECT kind, position FROM confirmed")
        guard !rows.isEmpty else {
            let position = cursors.values.min() ?? 0
            return ConfirmedPositions(Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, position) }))
        }
        return ConfirmedPositions(
            Dictionary(rows.map { (Event.Kind(stored: $0[0]), $0[1] as Int64) }, uniquingKeysWith: min))
    }
}

extension DropReport {
    /// What the database puts before the reason of a count that is an upper bound.
    private static let boundMark = "≤ "

    init(count: Int, stored: String) {
        let isUpperBound = stored.hasPrefix(Self.boundMark)
        let reason = isUpperBound ? String(stored.dropFirst(Self.boundMark.count)) : stored
        self.init(count: count, reason: reason, isUpperBound: isUpperBound)
    }

    /// The reason, as the database keeps it.
    var stored: String { isUpperBound ? Self.boundMark + reason : reason }
}

extension Event.Kind {
    /// What the database calls a number; one that no version has written is as good as the service's own.
    init(stored number: Int) {
        self = Event.Kind(rawValue: number) ?? .service
    }
}
