// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Glibc
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, and its lock", .timeLimit(.minutes(1)))
struct SpoolLockTests {
    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private var directory: String { folder.path + "/state" }
    private var file: SpoolFile { SpoolFile(directory: directory) }
    private var inUse: SpoolRefusal { .inUse(path: directory + "/spool.sqlite") }

    private func spool(_ file: SpoolFile? = nil) -> Spool {
        Spool(
            file: file ?? self.file, outputs: [Subscription(name: "a")], limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: .milliseconds(100))
    }

    @Test("a spool is locked while it runs, and free when it has ended")
    func held() async throws {
        let spool = spool()
        #expect(throws: inUse) { try file.take() }
        try await running(spool) {
            #expect(throws: inUse) { try file.take() }
            try await spool.settle()
        }
        #expect(try file.take().lock != nil)
    }

    @Test("a spool without a database is locked too")
    func heldInMemory() async throws {
        // A folder in the place of the database cannot be opened, not even by root.
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: true)
        let spool = spool()
        #expect(notes.has("the spool's disk fails"))
        #expect(throws: inUse) { try file.take() }
        try await running(spool) {}
        #expect(try file.take().lock != nil)
    }

    @Test("the lock stays when every file of the spool is removed")
    func filesRemoved() throws {
        let taken = try file.take()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        #expect(throws: inUse) { try file.take() }
        #expect(taken.lock != nil)
    }

    @Test("a program that hsmwatch starts does not inherit the lock")
    func notInherited() throws {
        let lock = try #require(try file.take().lock)
        #expect(!lock.isInherited)
    }

    @Test("a lock is kept for the same directory, and taken anew for another at the same path")
    func replacedDirectory() throws {
        let lock = try #require(try file.lock())
        #expect(try file.lock(keeping: lock) === lock)
        try FileManager.default.moveItem(atPath: directory, toPath: directory + ".away")
        let other = try #require(try file.lock(keeping: lock))
        #expect(other !== lock)
        #expect(throws: inUse) { try file.lock() }
    }

    @Test("a directory that is gone, or that cannot be locked, stops nothing; then SQLite's lock decides")
    func impossible() throws {
        let lock = try #require(try file.lock())
        try FileManager.default.removeItem(atPath: directory)
        try Array("in the way".utf8).write(to: directory)
        #expect(try file.lock(keeping: lock) === lock)
        #expect(try file.lock() == nil)

        try FileManager.default.removeItem(atPath: directory)
        let unlockable = SpoolFile(directory: directory) { _, _ in
            errno = EBADF
            return -1
        }
        let first = try unlockable.take()
        #expect(first.lock == nil)
        let database = try first.opened.get().database
        #expect(throws: inUse) { try unlockable.take() }
        try database.close()
        #expect(try unlockable.take().opened.get().contents.waiting == 0)
    }

    @Test("another program that has the database open keeps the spool in memory until it closes it, and loses nothing")
    func foreignReader() async throws {
        let before = spool()
        before.append(.numbered(1))
        try await running(before) { try await before.settle() }
        let reader = try DatabaseQueue(path: file.path)
        #expect(try await reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") } == 1)

        let spool = spool()
        #expect(notes.has("the spool's disk fails (another program has the spool's database open): going on in memory"))
        spool.append(.numbered(2))
        try await running(spool) {
            _ = try await spool.next(after: 0)
            try reader.close()
            try await spool.wait("the disk works") { notes.has("the spool's disk works again") }
            #expect(spool.waiting == 2)
            #expect(spool.dropped == 0)
        }
        #expect(notes.count("the spool's disk fails") == 1, "\(notes)")
    }
}
