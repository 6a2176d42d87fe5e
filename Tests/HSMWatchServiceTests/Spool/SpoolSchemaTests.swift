// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("Spool database, and its version")
struct SpoolSchemaTests {
    private let folder: TemporaryFolder
    private let file: SpoolFile

    /// What 0.1.0 made.
    private static let oldSchema = """
        CREATE TABLE message (
            position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX message_kind ON message (kind);
        CREATE TABLE cursor (output TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE identity (
            id INTEGER PRIMARY KEY CHECK (id = 1), instance TEXT NOT NULL, sequence INTEGER NOT NULL,
            position INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), lead INTEGER NOT NULL) STRICT;
        CREATE TABLE unreported (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO message VALUES (1, 0, 10, x'61'), (2, 0, 20, x'62');
        INSERT INTO cursor VALUES ('a', 1);
        INSERT INTO identity VALUES (1, 'i', 2, 2);
        INSERT INTO clock VALUES (1, 0);
        INSERT INTO unreported VALUES ('full', 3);
        """

    init() throws {
        folder = try TemporaryFolder()
        file = SpoolFile(directory: folder.path)
    }

    private func change(_ sql: String) throws {
        let database = try DatabaseQueue(path: file.path)
        try database.writeWithoutTransaction { try $0.execute(sql: sql) }
        try database.close()
    }

    private func version() throws -> Int? {
        let database = try DatabaseQueue(path: file.path)
        defer { try? database.close() }
        return try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }

    @Test("a new database has the newest version")
    func new() throws {
        try file.open().database.close()
        #expect(try version() == SpoolSchema.version)
    }

    @Test("a database of 0.1.0 opens with all that it holds, is raised, and stays usable for 0.1.0")
    func old() throws {
        try change(Self.oldSchema)
        let opened = try file.open()
        #expect(opened.damaged == nil)
        #expect(opened.contents.waiting == 1)
        #expect(opened.contents.position == 2)
        #expect(opened.contents.identity == SpoolIdentity(instance: "i", sequence: 2))
        #expect(opened.contents.unreported == [DropReport(count: 3, reason: "full")])
        _ = try opened.database.commit(.init([.sample(3)], cursors: ["a": 1]))
        try opened.database.close()
        #expect(try version() == SpoolSchema.version)
        try change("INSERT INTO message VALUES (4, 0, 0, x''); INSERT INTO unreported VALUES ('old', 1)")
    }

    @Test("a newer database is refused and keeps every byte", arguments: [SpoolSchema.version + 1, 1_000_000])
    func newer(version: Int) throws {
        try file.open().database.close()
        try change("DROP TABLE run; PRAGMA user_version = \(version)")
        let bytes = try Data(contentsOf: URL(filePath: file.path))
        #expect(throws: SpoolRefusal.newer(path: file.path, version: version)) { try file.open() }
        #expect(try Data(contentsOf: URL(filePath: file.path)) == bytes)
        #expect(try folder.names.filter { $0.contains("damaged") }.isEmpty)
    }

    @Test("a newer database whose process was killed is refused, and its log stays too")
    func newerKilled() throws {
        let opened = try file.open()
        try opened.database.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 7") }
        let left = try TemporaryFolder()
        for name in try folder.names {
            try FileManager.default.copyItem(atPath: folder.path + "/" + name, toPath: left.path + "/" + name)
        }
        let names = ["/spool.sqlite", "/spool.sqlite-wal"]
        let bytes = try names.map { try Data(contentsOf: URL(filePath: left.path + $0)) }
        let copy = SpoolFile(directory: left.path)
        #expect(throws: SpoolRefusal.newer(path: copy.path, version: 7)) { try copy.open() }
        #expect(try names.map { try Data(contentsOf: URL(filePath: left.path + $0)) } == bytes)
    }

    @Test(
        "a table of another shape is damage: it is moved aside, and a new database works",
        arguments: [
            "ALTER TABLE message ADD COLUMN more INTEGER", "ALTER TABLE message RENAME COLUMN body TO text",
            "DROP TABLE identity; CREATE TABLE identity (id INTEGER PRIMARY KEY, name TEXT)",
            "DROP TABLE cursor; CREATE VIEW cursor AS SELECT 1",
            "DROP INDEX message_kind; CREATE INDEX message_kind ON message (time)",
            "DROP TABLE message; CREATE TABLE message (text TEXT); PRAGMA user_version = 0",
        ])
    func otherShape(change sql: String) throws {
        try file.open().database.close()
        try change(sql)
        let opened = try file.open()
        #expect(opened.damaged != nil)
        _ = try opened.database.commit(.init([.sample(1)]))
        try opened.database.close()
    }
}

@ServiceLoop
@Suite("Spool, on tables that refuse its statements", .timeLimit(.minutes(1)))
struct RefusingTableTests {
    @Test("a database that refuses a commit, though it is sound, is moved aside; new messages go on")
    func trigger() async throws {
        let folder = try TemporaryFolder()
        let file = SpoolFile(directory: folder.path)
        try file.open().database.close()
        let database = try DatabaseQueue(path: file.path)
        try await database.write {
            try $0.execute(
                sql: """
                    CREATE TRIGGER refuse BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'not here'); END
                    """)
        }
        try database.close()
        let notes = Notes()
        let spool = Spool(
            file: file, outputs: [Subscription(name: "a")], limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: .milliseconds(100))
        spool.append(.numbered(1))
        try await running(spool) {
            try await spool.wait("the database is replaced") { notes.has("the spool was damaged") }
            _ = try await spool.next(after: 0)
            try await spool.settle()
            #expect(spool.dropped == 0)
        }
        #expect(!notes.has("the spool's disk fails"), "\(notes)")
    }
}
