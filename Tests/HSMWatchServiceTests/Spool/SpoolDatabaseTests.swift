// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("Spool database")
struct SpoolDatabaseTests {
    private let folder: TemporaryFolder
    private let path: String
    private let database: SpoolDatabase

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/spool.sqlite"
        database = try SpoolDatabase(path: path)
    }

    private func positions(after position: Int64 = 0) throws -> [Int64] {
        try database.messages(after: position, limit: 100_000, bytes: .max).map(\.position)
    }

    @Test("a new one has an identity of its own, and nothing else")
    func new() throws {
        let contents = try database.contents()
        #expect(contents.position == 0)
        #expect(contents.cursors.isEmpty)
        #expect(contents.waiting == 0)
        #expect(contents.identity.sequence == 0)
        #expect(contents.identity.instance.count == 32)
        #expect(contents.identity.instance.allSatisfy { $0.isASCII && $0.isHexDigit })
        #expect(contents.identity != SpoolIdentity.new())
    }

    @Test("a reopened one has what was committed, byte for byte")
    func reopened() throws {
        let messages = Event.Kind.allCases.enumerated().map { index, kind in
            SpooledMessage.sample(Int64(index) + 1, kind, time: Int64(index) - 2, length: index * 3000)
        }
        _ = try database.commit(.init(messages, cursors: ["a": 0, "b": 2]))
        try database.close()
        let reopened = try SpoolDatabase(path: path)
        #expect(
            try reopened.contents()
                == SpoolDatabase.Contents(
                    identity: SpoolIdentity(instance: "i", sequence: 6), position: 6, cursors: ["a": 0, "b": 2],
                    confirmed: ConfirmedPositions(
                        Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, 0) })),
                    messages: MessageCounts(Event.Kind.allCases), newest: Timestamp(milliseconds: 3)))
        #expect(try reopened.messages(after: 0, limit: 10, bytes: .max) == messages)
        #expect(try reopened.count(of: .heartbeat, after: 3, upTo: 4) == 1)
    }

    @Test("drops are remembered until a commit says that they were reported")
    func unreported() throws {
        let limits = SpoolConfiguration(maxSize: 1 << 16, maxAge: .seconds(86_400))
        let large = (1...20).map { SpooledMessage.sample($0, length: 8000) }
        let dropped = try database.commit(.init(large, limits: limits)).droppedForSpace.count
        #expect(dropped > 0)
        try database.close()
        let reopened = try SpoolDatabase(path: path)
        let report = DropReport(count: dropped, reason: SpoolDatabase.spaceReason)
        #expect(try reopened.contents().unreported == [report])
        var commit = SpoolDatabase.Commit([], position: 20, limits: SpoolConfiguration())
        commit.unreported = [report]
        _ = try reopened.commit(commit)
        #expect(try reopened.contents().unreported == [report])
        _ = try reopened.commit(.init([], position: 20))
        #expect(try reopened.contents().unreported.isEmpty)
    }

    @Test("what is confirmed and kept for a rewind is there, but does not wait")
    func kept() throws {
        _ = try database.commit(.init((1...10).map { .sample($0) }, cursors: ["a": 0]))
        var commit = SpoolDatabase.Commit([], position: 10, cursors: ["a": 8])
        commit.deletable = ConfirmedPositions(
            Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, 3) }))
        #expect(try database.commit(commit).confirmed.total == 8)
        #expect(try positions() == Array(4...10))
        try database.close()
        let reopened = try SpoolDatabase(path: path)
        #expect(try reopened.contents().waiting == 2)
        #expect(try reopened.messages(after: 3, limit: 10, bytes: .max).count == 7)
    }

    @Test("what is kept for a rewind makes room first, and is no drop")
    func keptMakesRoom() throws {
        _ = try database.commit(.init((1...20).map { .sample($0, length: 8000) }, cursors: ["a": 0]))
        let limits = SpoolConfiguration(maxSize: 1 << 16, maxAge: .seconds(86_400))
        var commit = SpoolDatabase.Commit([], position: 20, cursors: ["a": 18], limits: limits)
        commit.deletable = ConfirmedPositions(
            Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, 0) }))
        let done = try database.commit(commit)
        #expect(done.droppedForSpace.isEmpty)
        #expect(try positions().count < 10)
        #expect(try positions().suffix(2) == [19, 20])
        #expect(try database.contents().unreported.isEmpty)
    }

    @Test("one commit deletes only a part of a long backlog, and says that there is more")
    func longBacklog() throws {
        let count = SpoolDatabase.deletesAtOnce + 10
        _ = try database.commit(.init((1...Int64(count)).map { .sample($0) }, cursors: ["a": 0]))
        let commit = SpoolDatabase.Commit([], position: Int64(count), cursors: ["a": Int64(count)])
        let first = try database.commit(commit)
        #expect(first.confirmed.total == count)
        #expect(first.isBehind)
        #expect(try database.messages(after: 0, limit: 20, bytes: .max).count == 10)
        let second = try database.commit(commit)
        #expect(second.confirmed.total == 0)
        #expect(try positions().isEmpty)
        #expect(!second.isBehind)
    }

    @Test("what the commit before has written is not written again, and what has changed is")
    func unchanged() throws {
        var first = SpoolDatabase.Commit([.sample(1)], cursors: ["a": 0])
        first.unreported = [DropReport(count: 3, reason: "test")]
        _ = try database.commit(first)
        var second = SpoolDatabase.Commit([.sample(2)], cursors: ["a": 0])
        second.unreported = first.unreported
        _ = try database.commit(second, after: first)
        #expect(try database.contents().cursors == ["a": 0])
        #expect(try database.contents().unreported == first.unreported)
        let third = SpoolDatabase.Commit([], position: 2, cursors: ["a": 1])
        #expect(try database.commit(third, after: second).confirmed.total == 1)
        #expect(try database.contents().cursors == ["a": 1])
        #expect(try database.contents().unreported.isEmpty)
    }

    @Test("the moment of a commit is kept for the next process, and written when it has changed")
    func moment() throws {
        func commit(_ instant: Int64, boot: String?) -> SpoolDatabase.Commit {
            var commit = SpoolDatabase.Commit([])
            commit.moment = SpoolMoment(
                boot: boot, instant: Instant(nanoseconds: instant), time: Timestamp(milliseconds: -2),
                civil: Timestamp(milliseconds: instant * 3))
            return commit
        }
        #expect(try database.contents().moment == nil)
        let first = commit(1, boot: "boot")
        _ = try database.commit(first)
        #expect(try database.contents().moment == first.moment)
        let second = commit(2, boot: nil)
        _ = try database.commit(second, after: first)
        #expect(try database.contents().moment == second.moment)
        _ = try database.commit(.init([]), after: second)
        #expect(try database.contents().moment == second.moment)
    }

    @Test("a message is deleted when every output has confirmed it")
    func confirmed() throws {
        _ = try database.commit(.init((1...10).map { .sample($0) }, cursors: ["a": 0, "b": 0]))
        #expect(try database.commit(.init([], position: 10, cursors: ["a": 7, "b": 0])).confirmed.total == 0)
        #expect(try database.commit(.init([], position: 10, cursors: ["a": 7, "b": 4])).confirmed.total == 4)
        #expect(try positions() == [5, 6, 7, 8, 9, 10])
        #expect(try database.commit(.init([.sample(11)], cursors: ["a": 11, "b": 11])).confirmed.total == 7)
        #expect(try positions().isEmpty)
    }

    @Test("a removed output holds nothing back, and leaves no cursor for a later one of its name")
    func forgottenOutput() throws {
        _ = try database.commit(.init((1...4).map { .sample($0) }, cursors: ["gone": 0, "a": 3]))
        #expect(try database.commit(.init([], position: 4, cursors: ["a": 3])).confirmed.total == 3)
        #expect(try database.contents().cursors == ["a": 3])
    }

    @Test("no position is given twice, whichever record of the last one is the highest")
    func highestPosition() throws {
        _ = try database.commit(.init([.sample(5)], position: 3, cursors: ["a": 0]))
        #expect(try database.contents().position == 5)
        _ = try database.commit(.init([], position: 3, cursors: ["a": 8]))
        #expect(try database.contents().position == 8)
    }

    @Test("hands out a limited number of messages, and a limited number of bytes and one message more")
    func readLimits() throws {
        _ = try database.commit(.init((1...10).map { .sample($0, length: 100) }))
        #expect(try database.messages(after: 2, limit: 3, bytes: .max).map(\.position) == [3, 4, 5])
        #expect(try database.messages(after: 0, limit: 10, bytes: 250).map(\.position) == [1, 2, 3])
        #expect(try database.messages(after: 0, limit: 10, bytes: 1).map(\.position) == [1])
        #expect(try database.messages(after: 10, limit: 10, bytes: 1).isEmpty)
    }

    @Test("what it holds moves behind what a commit brings, in order", arguments: [0, 3, 50] as [Int64])
    func moves(last: Int64) throws {
        _ = try database.commit(.init((1...10).map { .sample($0) }))
        let new = (0..<last).map { SpooledMessage.sample($0 + 1, .stateChange) }
        _ = try database.commit(.init(new, position: last + 10, movingBehind: last))
        let messages = try database.messages(after: 0, limit: 100, bytes: .max)
        #expect(messages.map(\.position) == Array(1...(last + 10)))
        #expect(messages.prefix(Int(last)).allSatisfy { $0.kind == .stateChange })
        #expect(
            messages.suffix(10).map { String(decoding: $0.body, as: UTF8.self) } == (1...10).map { "\($0) reading" })
    }

    @Test("messages of any kind older than max_age are dropped, up to the limit of one commit")
    func age() throws {
        let limits = SpoolConfiguration(maxAge: .seconds(1))
        let count = Int64(SpoolDatabase.dropsAtOnce) + 100
        let kinds = Event.Kind.allCases
        let messages = (1...count).map { SpooledMessage.sample($0, kinds[Int($0) % kinds.count], time: $0) }
        _ = try database.commit(.init(messages))
        var done = try database.commit(.init([], position: count, limits: limits, now: 1000))
        #expect(done.droppedForAge.isEmpty)
        done = try database.commit(.init([], position: count, limits: limits, now: 1004))
        #expect(done.droppedForAge.map(\.position) == [1, 2, 3])
        done = try database.commit(.init([], position: count, limits: limits, now: 1_000_000))
        #expect(done.droppedForAge.count == SpoolDatabase.dropsAtOnce)
        done = try database.commit(.init([], position: count, limits: limits, now: 1_000_000))
        #expect(done.droppedForAge.count == 97)
        #expect(try positions().isEmpty)
        #expect(done.droppedForSpace.isEmpty)
    }

    @Test("above max_size the oldest readings go first and state changes last, as few as are needed")
    func space() throws {
        let limits = SpoolConfiguration(maxSize: 200 << 10)
        var position: Int64 = 0
        var dropped: [Int64] = []
        var kinds: [Int64: Event.Kind] = [:]
        for _ in 0..<40 {
            let messages = Event.Kind.allCases.flatMap { kind in
                (0..<4).map { _ in
                    position += 1
                    kinds[position] = kind
                    return SpooledMessage.sample(position, kind, length: 900)
                }
            }
            let done = try database.commit(.init(messages, limits: limits))
            dropped += done.droppedForSpace.map(\.position)
            #expect(done.droppedForSpace.count <= 60)
        }
        let left = try positions()
        #expect(left.count + dropped.count == Int(position))
        #expect(Set(left).isDisjoint(with: dropped))
        // 200 KiB hold some 190 messages: most of the 160 state changes are left, and no reading.
        #expect(left.count > 100)
        let kindsLeft = Set(left.compactMap { kinds[$0] })
        #expect(kindsLeft.contains(.stateChange))
        #expect(!kindsLeft.contains(.reading))
        #expect(left.filter { kinds[$0] == .stateChange }.count > 100)
        let readings = dropped.filter { kinds[$0] == .reading }
        #expect(readings == readings.sorted())
        try database.close()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(try #require(size) < 400 << 10)
    }

    @Test("a second connection cannot open it; only without the spool's lock it may be another hsmwatch's")
    func locked() throws {
        #expect(throws: (any Error).self) { try SpoolDatabase(path: path) }
        let file = SpoolFile(directory: folder.path)
        #expect(throws: SpoolRefusal.inUse(path: path)) { try file.open(isLocked: false) }
        let error = try #require(throws: (any Error).self) { try file.open(isLocked: true) }
        #expect(SpoolFile.describe(error) == "another program has the spool's database open")
        _ = try database.commit(.init([.sample(1)]))
        #expect(try positions() == [1])
    }
}
