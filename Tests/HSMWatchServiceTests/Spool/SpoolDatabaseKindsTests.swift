// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("Spool database, kind by kind")
struct SpoolDatabaseKindsTests {
    private let folder: TemporaryFolder
    private let path: String
    private let database: SpoolDatabase

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/spool.sqlite"
        database = try SpoolDatabase(path: path)
    }

    /// Commits messages of all kinds in turn, in order, from position 1.
    private func fill(_ count: Int64, length: Int = 0) throws {
        let kinds = Event.Kind.allCases
        let messages = (1...count).map {
            SpooledMessage.sample($0, kinds[Int($0 - 1) % kinds.count], length: length)
        }
        _ = try database.commit(.init(messages))
    }

    /// All subsets of the kinds.
    private static let subsets: [Set<Event.Kind>] = (0..<64).map { bits in
        Set(Event.Kind.allCases.filter { bits & (1 << $0.rawValue) != 0 })
    }

    @Test("hands out some kinds in the order of their positions, within the limits", arguments: subsets)
    func reads(kinds: Set<Event.Kind>) throws {
        try fill(100, length: 100)
        let all = try database.messages(after: 0, limit: 1000, bytes: .max)
        let expected = all.filter { kinds.contains($0.kind) && $0.position > 33 }
        #expect(try database.messages(of: kinds, after: 33, limit: 1000, bytes: .max) == expected)
        #expect(try database.messages(of: kinds, after: 33, limit: 7, bytes: .max) == Array(expected.prefix(7)))
        #expect(try database.messages(of: kinds, after: 33, limit: 9, bytes: 250) == Array(expected.prefix(3)))
    }

    @Test("finds some kinds along the index, without a scan and without sorting", arguments: subsets.dropFirst())
    func plans(kinds: Set<Event.Kind>) throws {
        let plan = try database.queue.read { database in
            try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN " + SpoolDatabase.selection(of: kinds), arguments: [0, 1])
        }.map { $0["detail"] as String }
        #expect(!plan.contains { $0.contains("SCAN") || $0.contains("TEMP") }, "\(plan)")
        let walks = plan.filter { $0.contains("USING INDEX message_kind (kind=? AND rowid>?)") }
        #expect(walks.count == (kinds == .all ? 0 : kinds.count), "\(plan)")
    }

    @Test("a message is deleted when all that get its kind have confirmed it, and counted by its kind")
    func deletes() throws {
        try fill(12)
        var confirmed = ConfirmedPositions([.reading: 7, .stateChange: 0, .service: 12, .heartbeat: 3])
        var commit = SpoolDatabase.Commit([], position: 12, confirmed: confirmed)
        // Of probe failures and reminders, which no output gets, none stays.
        let done: [Event.Kind] = [.reading, .service, .probeFailure, .reminder]
        #expect(try database.commit(commit).confirmed == MessageCounts(done + done))
        #expect(
            try database.contents().messages == MessageCounts([.heartbeat, .heartbeat, .stateChange, .stateChange]))
        let previous = commit
        confirmed = ConfirmedPositions([.reading: 7, .stateChange: 6, .service: 12, .heartbeat: 12])
        commit.confirmed = confirmed
        #expect(
            try database.commit(commit, after: previous).confirmed
                == MessageCounts([.heartbeat, .heartbeat, .stateChange]))
        #expect(try database.messages(after: 0, limit: 10, bytes: .max).map(\.position) == [12])
        try database.close()
        #expect(try SpoolDatabase(path: path).contents().confirmed == confirmed)
    }

    @Test("one commit deletes at most its limit of all kinds together")
    func deletesAtOnce() throws {
        let each = Int64(SpoolDatabase.deletesAtOnce) / 5
        try fill(each * 6)
        let commit = SpoolDatabase.Commit([], position: each * 6, cursors: ["a": each * 6])
        let first = try database.commit(commit)
        #expect(first.isBehind)
        #expect(first.confirmed.total == Int(each * 6))
        #expect(try database.messages(after: 0, limit: .max, bytes: .max).count == Int(each))
        let second = try database.commit(commit)
        #expect(!second.isBehind)
        #expect(second.confirmed.total == 0)
        #expect(try database.messages(after: 0, limit: .max, bytes: .max).isEmpty)
    }

    @Test("what is confirmed makes room before anything is dropped for it")
    func roomFirst() throws {
        let limits = SpoolConfiguration(maxSize: 1 << 20)
        let count = Int64(SpoolDatabase.deletesAtOnce) * 2
        let changes = (1...count).map { SpooledMessage.sample($0, .stateChange, length: 100) }
        _ = try database.commit(.init(changes))
        let reading = SpooledMessage.sample(count + 1)
        let confirmed = ConfirmedPositions([.reading: 0, .stateChange: count])
        var commit = SpoolDatabase.Commit([reading], confirmed: confirmed, limits: limits)
        var isBehind = true
        while isBehind {
            let done = try database.commit(commit)
            #expect(done.droppedForSpace.isEmpty)
            isBehind = done.isBehind
            commit.messages = []
        }
        #expect(try database.messages(after: 0, limit: 10, bytes: .max) == [reading])
    }

    @Test("a drop is reported only if an output waited for the message")
    func unreported() throws {
        try fill(12)
        let confirmed = ConfirmedPositions([.reading: 0, .stateChange: 7])
        var first = SpoolDatabase.Commit([], position: 12, confirmed: confirmed)
        _ = try database.commit(first)
        first.messages = [.sample(13, .heartbeat), .sample(14, .reading), .sample(15, .stateChange)]
        first.now = Timestamp(milliseconds: 1_000_000_000_000)
        // No output gets the heartbeat.
        let done = try database.commit(first, after: first)
        #expect(done.droppedForAge.map(\.position) == [1, 7, 12, 14, 15])
        #expect(done.droppedForAge.map(\.kind).suffix(2) == [.reading, .stateChange])
        #expect(try database.messages(after: 0, limit: 10, bytes: .max).isEmpty)
        #expect(try database.contents().unreported == [DropReport(count: 5, reason: SpoolDatabase.ageReason)])
    }

    @Test("where the version before has noted nothing by kind, the slowest output holds for all kinds")
    func earlierVersion() throws {
        _ = try database.commit(.init([.sample(1), .sample(9)], cursors: ["a": 7, "b": 3]))
        try database.queue.write { try $0.execute(sql: "DROP TABLE confirmed") }
        try database.close()
        let contents = try SpoolDatabase(path: path).contents()
        #expect(Event.Kind.allCases.map { contents.confirmed[$0] } == [3, 3, 3, 3, 3, 3])
        #expect(contents.cursors == ["a": 7, "b": 3])
    }

    @Test("a database that is opened late is not read before its messages have their places")
    func late() async throws {
        try fill(3)
        try database.close()
        let disk = SpoolDisk(file: SpoolFile(directory: folder.path), lock: nil, database: nil)
        #expect(try await disk.messages(of: .all, after: 0, limit: 10, bytes: .max).messages.isEmpty)
        _ = try await disk.open()
        #expect(try await disk.messages(of: .all, after: 0, limit: 10, bytes: .max).messages.isEmpty)
        #expect(try await disk.count(of: .reading, after: 0, upTo: 9) == nil)
        _ = try await disk.commit(.init([.sample(1)], position: 4, movingBehind: 1))
        let (messages, changes) = try await disk.messages(of: .all, after: 0, limit: 10, bytes: .max)
        #expect(messages.map(\.position) == [1, 2, 3, 4])
        #expect(changes == 1)
        #expect(try await disk.count(of: .reading, after: 0, upTo: 9) == 2)
        try await disk.close(isComplete: true)
    }
}
