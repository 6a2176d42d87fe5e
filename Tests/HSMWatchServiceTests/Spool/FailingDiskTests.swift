// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, on a disk that fails", .timeLimit(.minutes(1)))
struct FailingDiskTests {
    private static let shortRetry = Duration.milliseconds(100)

    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private var directory: String { folder.path + "/state" }

    private func spool(_ outputs: String..., at path: String? = nil, retry: Duration = shortRetry) -> Spool {
        Spool(
            file: SpoolFile(directory: path ?? directory), outputs: outputs.map { Subscription(name: $0) },
            limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: retry)
    }

    /// Puts a file where the directory should be: not even root can use that.
    private func block() throws {
        try FileManager.default.moveItem(atPath: directory, toPath: directory + ".away")
        try Array("in the way".utf8).write(to: directory)
    }

    private func unblock() throws {
        try FileManager.default.removeItem(atPath: directory)
        try FileManager.default.moveItem(atPath: directory + ".away", toPath: directory)
    }

    private func instances(_ messages: [SpooledMessage]) -> [String] {
        messages.compactMap { $0.stored?.string("instance") }
    }

    private func sequences(_ messages: [SpooledMessage]) -> [Int] {
        messages.compactMap { $0.stored?.integer("sequence") }
    }

    @Test("a start without a disk is a start in memory; what waited there is on the disk when that works")
    func startsInMemory() async throws {
        try Array("in the way".utf8).write(to: directory)
        let first = spool("a")
        #expect(notes.count("the spool's disk fails") == 1)
        for number in 1...3 { first.append(.numbered(number)) }
        let instance = try await running(first) {
            let messages = try await first.next(3, after: 0)
            #expect(sequences(messages) == [1, 2, 3])
            #expect(first.waiting == 3)
            first.confirm("a", upTo: 1)
            try FileManager.default.removeItem(atPath: directory)
            try await first.wait("the disk works") { notes.has("the spool's disk works again") }
            first.append(.numbered(4))
            let all = try await first.next(3, after: 1)
            #expect(sequences(all) == [2, 3, 4])
            #expect(first.waiting == 3)
            return instances(all + messages)
        }
        #expect(notes.count("the spool's disk fails") == 1)
        let second = spool("a")
        #expect(second.waiting == 3)
        #expect(second.cursor(of: "a") == 1)
        second.append(.numbered(5))
        try await running(second) {
            let messages = try await second.next(4, after: 1)
            #expect(sequences(messages) == [2, 3, 4, 5])
            #expect(Set(instances(messages) + instance).count == 1)
        }
    }

    /// All messages after a position, batch by batch.
    private func everything(in spool: Spool, after position: Int64) async throws -> [SpooledMessage] {
        try await spool.wait("all is handed out") {
            var all: [SpooledMessage] = []
            while let batch = Optional(await spool.messages(after: all.last?.position ?? position)), !batch.isEmpty {
                all += batch
            }
            return all.last?.position == spool.last ? all : nil
        }
    }

    @Test("what a database holds that comes late is handed out behind what was in memory, and nothing is lost")
    func adopts() async throws {
        let before = spool("a", "b")
        for number in 1...6 { before.append(.numbered(number)) }
        try await running(before) {
            _ = try await before.next(6, after: 0)
            before.confirm("a", upTo: 6)
            before.confirm("b", upTo: 2)
        }
        try block()
        let spool = spool("a", "b")
        for number in 1...3 { spool.append(.numbered(number)) }
        try await running(spool) {
            let inMemory = try await spool.next(3, after: 0)
            spool.confirm("a", upTo: 3)
            spool.confirm("b", upTo: 1)
            try unblock()
            // Whoever is quick confirms what comes meanwhile: it must not count for what the database holds.
            var position: Int64 = 3
            while !notes.has("the spool's disk works again") {
                spool.append(.numbered(0))
                position = try await spool.next(after: position).last?.position ?? position
                spool.confirm("a", upTo: position)
            }
            let all = try await everything(in: spool, after: 1)
            let old = all.filter { instances([$0]) != instances(Array(inMemory.prefix(1))) }
            #expect(sequences(old) == [3, 4, 5, 6])
            let new = all.filter { instances([$0]) == instances(Array(inMemory.prefix(1))) }
            #expect(sequences(new) == Array(2...(new.count + 1)))
            #expect(spool.waiting == all.count)
            let toA = try await everything(in: spool, after: 3)
            #expect(Set(sequences(toA.filter { instances([$0]) == instances(Array(old.prefix(1))) })) == [3, 4, 5, 6])
        }
    }

    @Test(
        "a full disk is survived in memory under a new _instance; when there is room, all is on the disk",
        .enabled(if: TinyDisk.isPossible, "only who may mount a file system can fill one"))
    func full() async throws {
        let disk = try TinyDisk()
        let spool = spool("a", at: disk.path)
        try await running(spool) {
            spool.append(.numbered(1))
            let onDisk = try await spool.next(after: 0)
            let ballast = try disk.fill()
            for number in 2...100 { spool.append(.numbered(number, length: 1000)) }
            try await spool.wait("the disk is full") {
                notes.has("the spool's disk fails (database or disk is full, SQLite code 13)")
            }
            let inMemory = try await spool.next(99, after: 1)
            #expect(sequences(inMemory) == Array(1...99))
            #expect(Set(instances(inMemory)).count == 1)
            #expect(instances(inMemory).first != instances(onDisk).first)
            spool.confirm("a", upTo: 10)
            try FileManager.default.removeItem(at: ballast)
            try await spool.wait("the disk works") { notes.has("the spool's disk works again") }
            #expect(spool.waiting == 90)
            #expect(spool.dropped == 0)
        }
        #expect(notes.count("the spool's disk fails") == 1)
        let left = try SpoolFile(directory: disk.path).open()
        #expect(left.contents.waiting == 90)
        #expect(left.contents.cursors == ["a": 10])
        #expect(left.contents.identity.sequence == 99)
        try left.database.close()
    }

    @Test(
        "a read-only disk is a start in memory; when it can be written, what it holds is handed out too",
        .enabled(if: TinyDisk.isPossible, "only who may mount a file system can make one read-only"))
    func readOnly() async throws {
        let disk = try TinyDisk()
        let before = spool("a", at: disk.path)
        before.append(.numbered(1))
        try await running(before) { _ = try await before.next(after: 0) }
        try disk.set(readOnly: true)
        let spool = spool("a", at: disk.path)
        spool.append(.numbered(2))
        try await running(spool) {
            let inMemory = try await spool.next(after: 0)
            #expect(spool.waiting == 1)
            try disk.set(readOnly: false)
            try await spool.wait("the disk works") { notes.has("the spool's disk works again") }
            #expect(spool.waiting == 2)
            let all = try await spool.next(2, after: 0)
            #expect(all.first?.body == inMemory.first?.body)
            #expect(sequences(all) == [1, 1])
            #expect(Set(instances(all)).count == 2)
        }
        #expect(notes.count("the spool's disk fails") == 1, "\(notes)")
    }

    @Test("messages that the disk has not taken at the end are counted, and logged")
    func lost() async throws {
        try Array("in the way".utf8).write(to: directory)
        let spool = spool("a", retry: .seconds(3600))
        for number in 1...4 { spool.append(.numbered(number)) }
        try await running(spool) {
            _ = try await spool.next(4, after: 0)
            spool.confirm("a", upTo: 1)
        }
        #expect(spool.dropped == 3)
        #expect(notes.has("hsmwatch dropped 3 messages before delivery: the disk has failed until the end"))
    }

    /// Overwrites everything but the first page of the database and of its log.
    private func damage() throws {
        for name in ["spool.sqlite", "spool.sqlite-wal"] {
            let file = try FileHandle(forUpdating: URL(filePath: directory + "/" + name))
            let size = try file.seekToEnd()
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
            try file.close()
        }
    }

    @Test("a database that is damaged while it is used is replaced; what is lost is counted, and new messages go on")
    func damagedInUse() async throws {
        let spool = spool("a")
        for number in 1...900 { spool.append(.numbered(number, length: 4000)) }
        try await running(spool) {
            _ = try await spool.next(after: 899)
            try damage()
            var rest = await spool.messages(after: 0)
            try await spool.wait("the damage is noticed") { notes.has("the spool was damaged") }
            spool.append(.numbered(901))
            rest = try await spool.wait("what was in memory is still there") {
                let messages = await spool.messages(after: 899)
                return messages.last?.stored?.integer("sequence") ?? 0 >= 901 ? messages : nil
            }
            #expect(sequences(rest).first == 900)
            #expect(spool.dropped > 0)
            #expect(spool.waiting + spool.dropped == Int(spool.last))
            let report = try await spool.wait("the loss is reported") {
                await spool.messages(after: 900).compactMap(\.stored).first { $0.integer("dropped") != nil }
            }
            #expect(report.integer("dropped") == spool.dropped)
        }
        let next = self.spool("a")
        #expect(next.waiting == Int(spool.last) - spool.dropped)
        #expect(!notes.has("the spool's disk fails"))
    }

    @Test("many reads that fail on one damaged database have it replaced once; its sound replacement stays")
    func damagedForManyReaders() async throws {
        let spool = spool("a")
        for number in 1...900 { spool.append(.numbered(number, length: 4000)) }
        try await running(spool) {
            _ = try await spool.next(after: 899)
            try damage()
            // The first failure has the database replaced while the others are still on their way back.
            let reads = (0..<300).map { _ in Task { @ServiceLoop in await spool.messages(after: 0).count } }
            for read in reads { _ = await read.value }
            spool.append(.numbered(901))
            try await spool.settle()
        }
        #expect(notes.count("the spool was damaged") == 1, "\(notes)")
        #expect(self.spool("a").waiting == Int(spool.last) - spool.dropped)
        #expect(!notes.has("the spool's disk fails"))
    }

    @Test("what is on its way when the database is damaged is lost when it does not arrive", arguments: [true, false])
    func damagedWhileSending(arrives: Bool) async throws {
        let spool = spool("a")
        for number in 1...900 { spool.append(.numbered(number, length: 4000)) }
        try await running(spool) {
            _ = try await spool.next(after: 899)
            let sent = await spool.messages(after: 0)
            let last = try #require(sent.last?.position)
            spool.send("a", upTo: last)
            try damage()
            _ = await spool.messages(after: last)
            try await spool.wait("the damage is noticed") { notes.has("the spool was damaged") }
            let dropped = spool.dropped
            #expect(dropped > 0)
            if arrives { spool.confirm("a", upTo: last) }
            spool.rewind("a")
            #expect(spool.dropped == dropped + (arrives ? 0 : sent.count))
            #expect(spool.waiting + spool.dropped + (arrives ? sent.count : 0) == Int(spool.last))
        }
    }

    @Test("of a damaged database only what an output waited for that gets it is lost, and only for that output")
    func damagedKinds() async throws {
        let outputs = [Subscription(name: "all"), Subscription(name: "changes", kinds: [.stateChange])]
        let spool = Spool(
            file: SpoolFile(directory: directory), outputs: outputs, limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: Self.shortRetry)
        for number in 1...900 { spool.append(.sample(number % 100 == 0 ? .stateChange : .reading, length: 4000)) }
        try await running(spool) {
            try await spool.settle()
            _ = await spool.deliver(to: "all")
            #expect(spool.waiting == 9)
            try damage()
            _ = await spool.messages(for: "changes", after: 0)
            try await spool.wait("the damage is noticed") { notes.has("the spool was damaged") }
            #expect((1..<9).contains(spool.dropped))
            #expect(spool.waiting(for: "changes") + spool.dropped(by: "changes") == 9)
            #expect(spool.dropped(by: "changes") == spool.dropped)
            #expect(spool.dropped(by: "all") == 0)
            let left = try await spool.next(for: "changes", after: 0)
            #expect(left.count + spool.dropped == 9)
        }
    }

    @Test("memory is bounded while the disk fails: the oldest readings go, each is counted, state changes stay")
    func bounded() async throws {
        let empty = try #require(Reading(available: 1, total: 64))
        try Array("in the way".utf8).write(to: directory)
        let spool = spool("a", retry: .seconds(3600))
        let readings = 3000
        let change = Event(
            timestamp: .now,
            content: .stateChange(
                Self.subject, Transition(from: .ok, to: .critical, lasted: .seconds(1)),
                .reading(empty, reply: ""), AppliedThresholds(warning: nil, critical: 50)))
        let reading = Event(
            timestamp: .now,
            content: .reading(
                Self.subject, empty, reply: "<2223#50#64#14#>", latency: .zero,
                Assessment(
                    state: .ok, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50),
                    misconfigured: [])))
        spool.append(change)
        for _ in 0..<readings { spool.append(reading) }
        #expect(spool.dropped > 0)
        #expect(spool.waiting + spool.dropped == readings + 1)
        let first = try await running(spool) { try await spool.next(after: 0) }
        #expect(first.first?.kind == .stateChange)
        #expect(try #require(first.dropFirst().first).position > 2)
        #expect(notes.has("hsmwatch dropped"))
    }

    private static let subject = Subject(
        name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010), queryPort: nil,
        fields: (1...4).map { Field(name: "field\($0)", value: String(repeating: "x", count: 1000)) })
}
