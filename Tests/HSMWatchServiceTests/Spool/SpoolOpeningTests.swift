// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import TestSupport
import Testing
import UnixSignals

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, and its opening", .timeLimit(.minutes(1)))
struct SpoolOpeningTests {
    private let folder: TemporaryFolder
    private let notes = Notes()
    private let end = DispatchSemaphore(value: 0)
    private let signals = AsyncStream.makeStream(of: UnixSignal.self)

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A start whose disk does nothing until `end` is signalled.
    private func start(knowsLock: Bool = true, patience: Duration) async throws -> (start: SpoolStart, orders: Orders) {
        let file = SpoolFile(directory: folder.path)
        // The lock is known before the disk hangs, or it is not.
        let lock = knowsLock ? try file.lock() : nil
        let disk = SpoolDisk(file: file, lock: lock, database: nil)
        Task { await disk.block(until: end) }
        let orders = Orders(signals.stream)
        let opening = SpoolOpening(of: disk, knowsLock: knowsLock)
        let start = SpoolStart(
            opening: opening, directory: folder.path, manager: ServiceManager(logger: notes.logger), orders: orders,
            patience: patience)
        return (start, orders)
    }

    private func spool(_ disk: SpoolDisk, _ opened: Result<SpoolFile.Opened, any Error>, late: SpoolOpening?) -> Spool {
        Spool(
            disk: disk, opened: opened, late: late, outputs: [Subscription(name: "a")], limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: .milliseconds(50))
    }

    @Test("an order to stop ends a start whose disk hangs")
    func stopped() async throws {
        let (start, orders) = try await start(patience: .seconds(3600))
        defer {
            orders.end()
            end.signal()
        }
        signals.continuation.yield(.sigterm)
        let opened = try await start.run()
        #expect(opened == nil)
    }

    @Test("an order to reload during the start is kept for later")
    func reloaded() async throws {
        let (start, orders) = try await start(patience: .milliseconds(50))
        defer {
            orders.end()
            end.signal()
        }
        signals.continuation.yield(.sighup)
        let opened = try await start.run()
        #expect(opened != nil)
        for await order in orders.stream {
            #expect(order == .sighup)
            break
        }
    }

    @Test("a start does not wait for ever: it goes on in memory, and what the disk holds comes later; nothing is lost")
    func late() async throws {
        let before = Spool(
            file: SpoolFile(directory: folder.path), outputs: [Subscription(name: "a")], limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger)
        before.append(.numbered(1))
        try await running(before) { try await before.settle() }

        let (start, orders) = try await start(patience: .milliseconds(50))
        defer { orders.end() }
        let opened = try #require(try await start.run())
        let spool = spool(start.opening.disk, opened, late: start.opening)
        #expect(notes.has("the spool's disk fails (opening it takes more than 1m): going on in memory"), "\(notes)")
        spool.append(.numbered(2))
        try await running(spool) {
            let inMemory = try await spool.next(after: 0)
            #expect(inMemory.count == 1)
            end.signal()
            try await spool.wait("the disk works") { notes.has("the spool's disk works again") }
            #expect(spool.waiting == 2)
            #expect(spool.dropped == 0)
        }
    }

    @Test("a process whose spool is still being opened ends, and counts what it had in memory")
    func lateUntilTheEnd() async throws {
        let (start, orders) = try await start(patience: .milliseconds(50))
        defer {
            orders.end()
            end.signal()
        }
        let opened = try #require(try await start.run())
        let spool = spool(start.opening.disk, opened, late: start.opening)
        spool.append(.numbered(1))
        try await running(spool) { _ = try await spool.next(after: 0) }
        #expect(spool.dropped == 1)
    }

    @Test("a directory that does not answer is refused: another hsmwatch may have it")
    func unknownLock() async throws {
        let (start, orders) = try await start(knowsLock: false, patience: .milliseconds(50))
        defer {
            orders.end()
            end.signal()
        }
        let refusal = SpoolRefusal.cannotOpen(
            directory: folder.path, reason: "the directory does not answer within 50ms")
        await #expect(throws: refusal) { try await start.run() }
    }
}
