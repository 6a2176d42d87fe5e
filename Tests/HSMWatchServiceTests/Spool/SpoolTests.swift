// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool", .timeLimit(.minutes(1)))
struct SpoolTests {
    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func spool(_ outputs: String..., limits: SpoolConfiguration = SpoolConfiguration()) -> Spool {
        Spool(
            file: SpoolFile(directory: folder.path), outputs: outputs.map { Subscription(name: $0) }, limits: limits,
            encoder: MessageEncoder(source: "test"), logger: notes.logger)
    }

    /// The database as the process left it.
    private func left() throws -> SpoolDatabase.Contents {
        let opened = try SpoolFile(directory: folder.path).open()
        defer { try? opened.database.close() }
        return opened.contents
    }

    @Test(
        "hands out what was appended: in order, numbered from one, only when it is on the disk, and as often as asked")
    func ordered() async throws {
        let spool = spool("a")
        for number in 1...50 { spool.append(.numbered(number)) }
        #expect(await spool.messages(after: 0).isEmpty)
        try await running(spool) {
            let messages = try await spool.next(50, after: 0)
            #expect(messages.map(\.position) == Array(1...50))
            let stored = messages.compactMap(\.stored)
            #expect(stored.map { $0.integer("sequence") } == Array(1...50))
            #expect(Set(stored.map { $0.string("instance") }).count == 1)
            let again = try await spool.next(20, after: 30)
            #expect(again == Array(messages.suffix(20)))
            #expect(await spool.messages(after: 50).isEmpty)
        }
        #expect(try left().waiting == 50)
    }

    @Test("hands out at most a thousand at once")
    func batches() async throws {
        let spool = spool("a")
        for number in 1...2500 { spool.append(.numbered(number)) }
        try await running(spool) {
            _ = try await spool.next(after: 2499)
            let batch = await spool.messages(after: 0)
            #expect(batch.count == Spool.batchLimit)
            let all = try await spool.next(2500, after: 0)
            #expect(all.map(\.position) == Array(1...2500))
        }
    }

    @Test("keeps what every output has not confirmed, and counts it")
    func confirms() async throws {
        let spool = spool("a", "b")
        for number in 1...10 { spool.append(.numbered(number)) }
        #expect(spool.waiting == 10)
        try await running(spool) {
            _ = try await spool.next(10, after: 0)
            #expect(spool.waiting == 10)
            spool.confirm("a", upTo: 10)
            #expect(spool.waiting == 10)
            #expect(spool.waiting(for: "a") == 0)
            #expect(spool.waiting(for: "b") == 10)
            spool.confirm("b", upTo: 4)
            #expect(spool.waiting == 6)
            // A cursor never goes back, and nobody confirms for an output that is none.
            spool.confirm("b", upTo: 2)
            spool.confirm("c", upTo: 9)
            #expect(spool.cursor(of: "b") == 4)
            #expect(spool.cursor(of: "c") == 10)
            spool.append(.numbered(11))
            let messages = try await spool.next(7, after: 4)
            #expect(messages.map(\.position) == Array(5...11))
            #expect(spool.waiting == 7)
        }
        let left = try left()
        #expect(left.waiting == 7)
        #expect(left.cursors == ["a": 10, "b": 4])
        #expect(left.identity.sequence == 11)
    }

    @Test("what some output has not sent is queued: what was not confirmed, again, when its connection ends")
    func queued() async throws {
        let spool = spool("a", "b")
        for number in 1...10 { spool.append(.numbered(number)) }
        #expect(spool.queued == 10)
        spool.send("a", upTo: 10)
        spool.send("b", upTo: 6)
        #expect(spool.queued == 4)
        spool.confirm("a", upTo: 3)
        spool.rewind("a")
        #expect(spool.queued == 7)
        spool.send("a", upTo: 10)
        spool.send("b", upTo: 10)
        #expect(spool.queued == 0)
        #expect(spool.waiting == 10)
    }

    @Test("the next process goes on where the last one stopped, with the same identity")
    func restarts() async throws {
        let first = spool("a")
        for number in 1...5 { first.append(.numbered(number)) }
        let before = try await running(first) {
            let messages = try await first.next(5, after: 0)
            first.confirm("a", upTo: 2)
            // Not in a group yet: the shutdown commits it.
            first.append(.numbered(6))
            return messages
        }
        let second = spool("a")
        #expect(second.waiting == 4)
        #expect(second.cursor(of: "a") == 2)
        second.append(.numbered(7))
        try await running(second) {
            let messages = try await second.next(5, after: second.cursor(of: "a"))
            #expect(messages.map(\.position) == Array(3...7))
            #expect(Array(messages.prefix(3)) == Array(before.suffix(3)))
            let stored = messages.compactMap(\.stored)
            #expect(stored.map { $0.integer("sequence") } == Array(3...7))
            #expect(Set(stored.map { $0.string("instance") }).count == 1)
        }
    }

    @Test("a new output begins at the present; a removed one holds nothing back, and its missed messages are reported")
    func outputsChange() async throws {
        let first = spool("old", "kept")
        for number in 1...10 { first.append(.numbered(number)) }
        try await running(first) {
            _ = try await first.next(10, for: "kept", after: 0)
            first.confirm("kept", upTo: 7)
        }
        let second = spool("kept", "new")
        #expect(second.cursor(of: "kept") == 7)
        #expect(second.cursor(of: "new") == 10)
        #expect(second.waiting == 3)
        second.append(.numbered(11))
        try await running(second) {
            let messages = try await second.next(2, for: "kept", after: 10)
            #expect(messages.compactMap { $0.stored?.integer("dropped") } == [7])
            #expect(second.dropped == 7)
            #expect(second.waiting == 5)
        }
        let left = try left()
        #expect(left.cursors == ["kept": 7, "new": 10])
        #expect(left.waiting == 5)
    }

    @Test("what was confirmed and not deleted yet when the process ended is not lost, and not reported as if it were")
    func confirmedLeftovers() async throws {
        let count = Int64(SpoolDatabase.deletesAtOnce) + 10
        let opened = try SpoolFile(directory: folder.path).open()
        _ = try opened.database.commit(.init((1...count).map { .sample($0) }, cursors: ["a": 0]))
        _ = try opened.database.commit(.init([], position: count, cursors: ["a": count]))
        #expect(try opened.database.messages(after: 0, limit: 20, bytes: .max).count == 10)
        #expect(try opened.database.contents().waiting == 0)
        try opened.database.close()
        let spool = spool("a")
        #expect(spool.dropped == 0)
        #expect(spool.waiting == 0)
        try await running(spool) {}
        #expect(try left().waiting == 0)
    }

    @Test("what does not fit is dropped, counted once and reported; what is left is handed out in order")
    func drops() async throws {
        let spool = spool("a", limits: SpoolConfiguration(maxSize: 1 << 20))
        try await running(spool) {
            for number in 1...6000 { spool.append(.numbered(number, length: 300)) }
            try await spool.wait("what was dropped is reported") { spool.last > 6000 && spool.dropped > 3000 }
            let messages = try await spool.wait("all is handed out") {
                var all: [SpooledMessage] = []
                while let batch = Optional(await spool.messages(after: all.last?.position ?? 0)), !batch.isEmpty {
                    all += batch
                }
                // While it was read, more may have been dropped.
                return all.count == spool.waiting && all.count + spool.dropped == Int(spool.last) ? all : nil
            }
            #expect(messages.map(\.position) == messages.map(\.position).sorted())
        }
        let opened = try SpoolFile(directory: folder.path).open()
        let left = try opened.database.messages(after: 0, limit: .max, bytes: .max)
        #expect(left.count == Int(spool.last) - spool.dropped)
        // The last report is written at the end, whenever the one before was.
        #expect(left.compactMap { $0.stored?.integer("dropped") }.reduce(0, +) == spool.dropped)
    }

    @Test("a cancellation ends it, and what was appended is on the disk")
    func cancelled() async throws {
        let spool = spool("a")
        let task = Task { _ = try? await spool.run() }
        spool.append(.numbered(1))
        _ = try await spool.next(after: 0)
        spool.append(.numbered(2))
        task.cancel()
        await task.value
        #expect(try left().waiting == 2)
    }

    @Test("a damaged database is moved aside and reported, and a new one begins")
    func damaged() async throws {
        let file = SpoolFile(directory: folder.path)
        try Array("no database".utf8).write(to: file.path)
        let spool = spool("a")
        let moved = try #require(spool.damaged)
        #expect(notes.has("the spool was damaged; it is kept as \(moved)"))
        spool.append(.numbered(1))
        try await running(spool) {
            let messages = try await spool.next(after: 0)
            #expect(messages.map(\.position) == [1])
        }
        #expect(try left().waiting == 1)
    }
}
