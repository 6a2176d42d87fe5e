// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, with outputs that get some kinds", .timeLimit(.minutes(1)))
struct SpoolSubscriptionTests {
    private nonisolated static let day = Duration.seconds(86_400)
    private static let all = Subscription(name: "all")
    private static let changes = Subscription(name: "changes", kinds: [.stateChange])
    private static let readings = Subscription(name: "readings", kinds: [.reading, .probeFailure])

    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func spool(_ outputs: Subscription..., limits: SpoolConfiguration = SpoolConfiguration()) -> Spool {
        Spool(
            file: SpoolFile(directory: folder.path), outputs: outputs, limits: limits,
            encoder: MessageEncoder(source: "test"), logger: notes.logger)
    }

    /// The database as the process left it.
    private func left() throws -> SpoolDatabase.Contents {
        let opened = try SpoolFile(directory: folder.path).open()
        defer { try? opened.database.close() }
        return opened.contents
    }

    private func append(_ kind: Event.Kind, _ count: Int = 1, to spool: Spool, length: Int = 0) {
        for _ in 0..<count { spool.append(.sample(kind, length: length)) }
    }

    @Test("each output gets its kinds, in order, from the memory and from the disk, a batch at a time")
    func hands() async throws {
        let first = spool(Self.all, Self.changes, Self.readings)
        for _ in 1...1500 { Event.Kind.allCases.forEach { first.append(.sample($0)) } }
        let expected = (1...9000 as ClosedRange<Int64>).filter { [1, 2].contains($0 % 6) }
        try await running(first) {
            try await first.settle()
            let batch = await first.messages(for: "readings", after: 0)
            #expect(batch.count == Spool.batchLimit)
            #expect(Set(batch.map(\.kind)) == [.reading, .probeFailure])
            #expect(await first.messages(for: "changes", after: 0).first?.position == 6)
            #expect(await first.messages(for: "stranger", after: 0).isEmpty)
        }
        let second = spool(Self.all, Self.changes, Self.readings)
        try await running(second) {
            #expect(await second.deliver(to: "readings") == expected)
            #expect(await second.deliver(to: "changes").count == 1500)
            #expect(await second.deliver(to: "all").count == 9000)
            #expect(second.waiting == 0)
        }
        #expect(try left().waiting == 0)
    }

    @Test("one that is down keeps its own kind, and nothing that the others have confirmed")
    func dead() async throws {
        let spool = spool(Self.all, Self.changes)
        try await running(spool) {
            for _ in 1...20 {
                append(.reading, 100, to: spool)
                append(.stateChange, to: spool)
                try await spool.settle()
                _ = await spool.deliver(to: "all")
                #expect(spool.cursor(of: "all") == spool.last)
            }
            #expect(spool.waiting == 20)
            #expect(spool.waiting(for: "changes") == 20)
            #expect(spool.waiting(for: "all") == 0)
            #expect(spool.queued == 20)
            append(.reading, 7, to: spool)
            #expect(spool.waiting == 27)
            #expect(spool.waiting(for: "changes") == 20)
            #expect(spool.waiting(for: "all") == 7)
        }
        let left = try left()
        #expect(left.messages[.stateChange] == 20)
        #expect(left.messages[.reading] == 7)
        #expect(left.cursors == ["all": 2020, "changes": 0])
        #expect(spool.dropped == 0)
    }

    @Test("it gets its backlog when it is back, and the cursor ends behind what it does not get")
    func back() async throws {
        let spool = spool(Self.all, Self.changes)
        try await running(spool) {
            for _ in 1...3 {
                append(.stateChange, to: spool)
                append(.reading, 50, to: spool)
            }
            try await spool.settle()
            let tochanges = await spool.deliver(to: "changes")
            #expect(tochanges == [1, 52, 103])
            #expect(spool.cursor(of: "changes") == spool.last)
            #expect(spool.waiting(for: "changes") == 0)
            #expect(spool.queued == 153)
            #expect(spool.waiting == 153)
        }
    }

    @Test("an output without messages is woken when its cursor reaches the end, and keeps nothing")
    func nothingForIt() async throws {
        let spool = spool(Self.all, Self.changes)
        try await running(spool) {
            append(.reading, 10, to: spool)
            // Like an output: it asks behind what it was given last, whenever it is woken, and looks at its cursor then.
            _ = try await spool.wait("the cursor comes to the end, and whoever asked is woken") {
                let isThere = spool.cursor(of: "changes") == spool.last
                _ = await spool.messages(for: "changes", after: 0)
                return isThere ? true : nil
            }
            _ = await spool.deliver(to: "all")
            #expect(spool.waiting == 0)
            #expect(spool.queued == 0)
        }
        #expect(try left().waiting == 0)
        #expect(try left().cursors == ["all": 10, "changes": 10])
    }

    @Test("what was given before a look confirms what was looked at behind it, and a rewind does not")
    func confirmsBehind() async throws {
        let spool = spool(Self.all, Self.changes)
        try await running(spool) {
            append(.stateChange, to: spool)
            append(.reading, 10, to: spool)
            try await spool.settle()
            let given = await spool.messages(for: "changes", after: 0)
            #expect(given.map(\.position) == [1])
            spool.send("changes", upTo: 1)
            #expect(await spool.messages(for: "changes", after: 1).isEmpty)
            #expect(spool.cursor(of: "changes") == 0)
            spool.rewind("changes")
            #expect(await spool.messages(for: "changes", after: 0) == given)
            append(.reading, 10, to: spool)
            try await spool.settle()
            #expect(await spool.messages(for: "changes", after: 1).isEmpty)
            spool.confirm("changes", upTo: 1)
            #expect(spool.cursor(of: "changes") == 21)
        }
    }

    @Test("what no output gets has no number, and is not kept")
    func unwanted() async throws {
        let spool = spool(Self.changes, Self.readings)
        append(.heartbeat, 3, to: spool)
        append(.service, 3, to: spool)
        #expect(spool.last == 0)
        append(.stateChange, to: spool)
        append(.probeFailure, to: spool)
        #expect(spool.waiting == 2)
        try await running(spool) {
            try await spool.settle()
            let changes = await spool.messages(for: "changes", after: 0)
            #expect(changes.compactMap { $0.stored?.integer("sequence") } == [1])
        }
        #expect(try left().waiting == 2)
    }

    @Test("max_size drops waiting messages, and counts them for their outputs")
    func space() async throws {
        let spool = spool(Self.all, Self.changes, limits: SpoolConfiguration(maxSize: 512 << 10))
        try await running(spool) {
            // Several times the limit passes through, and only the state changes stay.
            for _ in 1...30 {
                append(.reading, 40, to: spool, length: 2000)
                append(.stateChange, 2, to: spool, length: 2000)
                try await spool.settle()
                _ = await spool.deliver(to: "all")
            }
            #expect(spool.dropped == 0)
            // They alone are too many in the end.
            append(.stateChange, 400, to: spool, length: 2000)
            try await spool.wait("what does not fit is dropped") { spool.dropped > 100 }
            try await spool.settle()
            let before = spool.dropped(by: "all")
            #expect(before < spool.dropped(by: "changes"), "of those that it has confirmed none")
            _ = await spool.deliver(to: "all")
            let all = await spool.deliver(to: "changes").count
            #expect(all + spool.dropped(by: "changes") == 460)
            #expect(spool.dropped == spool.dropped(by: "changes"))
        }
    }

    @Test("max_age drops what is waited for, and does not report what is not")
    func age() async throws {
        let limits = SpoolConfiguration(maxAge: Self.day)
        let opened = try SpoolFile(directory: folder.path).open()
        let old = (1...30).map { SpooledMessage.sample($0, $0 % 10 == 0 ? .stateChange : .reading) }
        let confirmed = ConfirmedPositions([.stateChange: 0, .reading: 0])
        var commit = SpoolDatabase.Commit(old, cursors: ["all": 0, "changes": 0], confirmed: confirmed)
        commit.moment = SpoolMoment(
            boot: nil, instant: .now, time: Timestamp(milliseconds: Self.day.wholeMilliseconds * 2), civil: .now)
        _ = try opened.database.commit(commit)
        try opened.database.close()
        let spool = spool(Self.all, Self.changes, limits: limits)
        spool.confirm("all", upTo: 30)
        try await running(spool) {
            append(.stateChange, to: spool)
            try await spool.settle()
            #expect(spool.dropped == 3)
            #expect(spool.dropped(by: "changes") == 3)
            #expect(spool.dropped(by: "all") == 0)
        }
    }

    @Test("while the disk fails, memory keeps what is waited for, and drops nothing that is not")
    func memory() async throws {
        let directory = folder.path + "/state"
        try Array("in the way".utf8).write(to: directory)
        let spool = Spool(
            file: SpoolFile(directory: directory), outputs: [Self.all, Self.readings], limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: .seconds(3600))
        let rounds = 45
        for _ in 0..<rounds {
            append(.reading, to: spool)
            append(.stateChange, 100, to: spool, length: 4000)
            _ = await spool.deliver(to: "all")
        }
        // Twice what memory holds has passed through, of the kind that would be given up last.
        #expect(rounds * 100 * 2 * 4000 > 2 * Spool.memoryLimit)
        #expect(spool.dropped == 0)
        #expect(spool.waiting == rounds)
        #expect(spool.waiting(for: "readings") == rounds)
        #expect(await spool.deliver(to: "readings").count == rounds)
        append(.reading, 2, to: spool)
        append(.stateChange, 3, to: spool)
        _ = await spool.deliver(to: "all")
        try await running(spool) {}
        #expect(spool.dropped == 2)
        #expect(notes.has("hsmwatch dropped 2 messages before delivery: the disk has failed until the end"))
    }
}
