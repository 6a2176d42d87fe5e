// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// The two ways to other kinds: a reload, and another process with another configuration.
@ServiceLoop
@Suite("Spool, with outputs that get other kinds", .timeLimit(.minutes(1)))
struct SpoolSubscriptionChangeTests {
    private static let all = Subscription(name: "all")

    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func other(_ kinds: Set<Event.Kind>) -> Subscription {
        Subscription(name: "other", kinds: kinds)
    }

    private func spool(_ outputs: Subscription..., in directory: String? = nil) -> Spool {
        Spool(
            file: SpoolFile(directory: directory ?? folder.path), outputs: outputs, limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: .milliseconds(100))
    }

    private func change(_ spool: Spool, to outputs: Subscription...) {
        spool.change(outputs: outputs, limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"))
    }

    private func append(_ kinds: Event.Kind..., to spool: Spool) {
        kinds.forEach { spool.append(.sample($0)) }
    }

    /// Has the spool go on, in this process or in another, with what the outputs get from now on.
    private func go(
        on spool: Spool, byReload: Bool, with outputs: Subscription..., body: (Spool) async throws -> Void
    ) async throws {
        if byReload {
            try await running(spool) {
                try await spool.settle()
                spool.change(outputs: outputs, limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"))
                try await body(spool)
            }
        } else {
            try await running(spool) { try await spool.settle() }
            let next = Spool(
                file: SpoolFile(directory: folder.path), outputs: outputs, limits: SpoolConfiguration(),
                encoder: MessageEncoder(source: "test"), logger: notes.logger)
            try await running(next) { try await body(next) }
        }
    }

    @Test("messages that only a changed output waited for are dropped and counted", arguments: [true, false])
    func fewer(byReload: Bool) async throws {
        let first = spool(Self.all, other([.stateChange, .reading]))
        append(.reading, .stateChange, .reading, .heartbeat, .reading, to: first)
        first.confirm("all", upTo: 3)
        try await go(on: first, byReload: byReload, with: Self.all, other([.stateChange])) { spool in
            try await spool.wait("what is given up is counted") { spool.dropped > 0 }
            #expect(spool.dropped == 2, "the last reading waits for another")
            #expect(spool.waiting(for: "other") == 1)
            #expect(await spool.deliver(to: "other").first == 2)
            let all = await spool.messages(for: "all", after: 3)
            #expect(all.map(\.position).prefix(2) == [4, 5])
        }
        #expect(notes.has("hsmwatch dropped 2 messages before delivery: the output that they waited for"))
    }

    @Test("messages that another output waits for stay when one no longer gets them", arguments: [true, false])
    func fewerButWaited(byReload: Bool) async throws {
        let first = spool(Self.all, other([.stateChange, .reading]))
        append(.reading, .stateChange, .reading, to: first)
        try await go(on: first, byReload: byReload, with: Self.all, other([.stateChange])) { spool in
            append(.service, to: spool)
            try await spool.settle()
            #expect(spool.dropped == 0)
            let delivered = await spool.deliver(to: "all")
            #expect(delivered == [1, 2, 3, 4])
        }
    }

    @Test("one that gets more begins with what is there behind its cursor", arguments: [true, false])
    func more(byReload: Bool) async throws {
        let first = spool(Self.all, other([.stateChange]))
        append(.stateChange, .reading, .stateChange, .reading, .service, to: first)
        try await running(first) {
            try await first.settle()
            #expect(await first.messages(for: "other", after: 0).map(\.position) == [1, 3])
            first.send("other", upTo: 3)
            first.confirm("other", upTo: 1)
            #expect(first.cursor(of: "other") == 1)
        }
        let second = spool(Self.all, other([.stateChange]))
        try await go(on: second, byReload: byReload, with: Self.all, other([.stateChange, .reading])) { spool in
            append(.reading, to: spool)
            try await spool.settle()
            #expect(spool.cursor(of: "other") == 1)
            let delivered = await spool.deliver(to: "other")
            #expect(delivered == [2, 3, 4, 6])
            #expect(spool.dropped == 0)
        }
    }

    @Test("a confirmation that comes after the reload does not cover what the output did not get before")
    func late() async throws {
        let spool = spool(Self.all, other([.stateChange]))
        append(.reading, .stateChange, .service, to: spool)
        try await running(spool) {
            try await spool.settle()
            #expect(await spool.messages(for: "other", after: 0).map(\.position) == [2])
            spool.send("other", upTo: 2)
            change(spool, to: Self.all, other([.stateChange, .reading]))
            spool.confirm("other", upTo: 2)
            #expect(spool.cursor(of: "other") == 0)
            spool.rewind("other")
            let delivered = await spool.deliver(to: "other")
            #expect(delivered == [1, 2])
        }
    }

    @Test("what was not committed yet is given up in memory, at once and only once")
    func uncommitted() async throws {
        let spool = spool(other([.stateChange, .reading]))
        append(.reading, .stateChange, .reading, to: spool)
        change(spool, to: other([.stateChange]))
        #expect(spool.dropped == 2)
        #expect(spool.waiting == 1)
        // Wanted again, it is not there again.
        change(spool, to: other([.stateChange, .reading]))
        try await running(spool) {
            try await spool.settle()
            #expect(spool.dropped == 2)
            #expect(await spool.deliver(to: "other").first == 2)
        }
    }

    @Test("what is wanted again before it is deleted is not given up")
    func regained() async throws {
        let spool = spool(other([.stateChange, .reading]))
        append(.reading, .stateChange, .reading, to: spool)
        try await running(spool) {
            try await spool.settle()
            change(spool, to: other([.stateChange]))
            change(spool, to: other([.stateChange, .reading]))
            append(.service, .stateChange, to: spool)
            try await spool.settle()
            #expect(spool.dropped == 0)
            let delivered = await spool.deliver(to: "other")
            #expect(delivered == [1, 2, 3, 4])
        }
    }

    @Test("what was confirmed by all that got it, and not deleted yet when the process ended, is not counted as lost")
    func leftovers() async throws {
        let opened = try SpoolFile(directory: folder.path).open()
        let now = Timestamp.now.milliseconds
        let count = Int64(SpoolDatabase.deletesAtOnce) + 10
        let confirmed = ConfirmedPositions([.reading: 0, .stateChange: 0])
        let cursors: [String: Int64] = ["all": 0, "other": 0]
        let messages = (1...count).map { SpooledMessage.sample($0, $0 == 5 ? .stateChange : .reading, time: now) }
        _ = try opened.database.commit(.init(messages, cursors: cursors, confirmed: confirmed))
        let done = ConfirmedPositions([.reading: count, .stateChange: 0])
        _ = try opened.database.commit(
            .init([], position: count, cursors: ["all": count, "other": 0], confirmed: done))
        #expect(try opened.database.messages(after: 0, limit: 20, bytes: .max).count == 10)
        #expect(try opened.database.contents().waiting == 1)
        try opened.database.close()
        let spool = spool(Self.all, other([.stateChange]))
        #expect(spool.dropped == 0)
        #expect(spool.waiting == 1)
        try await running(spool) {
            append(.service, to: spool)
            try await spool.settle()
            let delivered = await spool.deliver(to: "other")
            #expect(delivered == [5])
        }
    }

    @Test("what a database brings along that comes late is given up too, when no output gets it")
    func lateDatabase() async throws {
        let directory = folder.path + "/state"
        let first = spool(Self.all, other([.stateChange]), in: directory)
        append(.reading, .stateChange, .reading, .stateChange, to: first)
        try await running(first) { try await first.settle() }
        try FileManager.default.moveItem(atPath: directory, toPath: directory + ".away")
        try Array("in the way".utf8).write(to: directory)
        let second = spool(other([.stateChange]), in: directory)
        try await running(second) {
            append(.stateChange, to: second)
            #expect(second.waiting == 1)
            try FileManager.default.removeItem(atPath: directory)
            try FileManager.default.moveItem(atPath: directory + ".away", toPath: directory)
            try await second.wait("the disk works") { notes.has("the spool's disk works again") }
            #expect(second.dropped == 2)
            #expect(second.waiting(for: "other") == 3)
            #expect(await second.deliver(to: "other") == [1, 3, 5])
        }
    }
}
