// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, whose files are removed while it runs", .timeLimit(.minutes(1)))
struct DisplacedSpoolTests {
    /// What somebody does to the files of a running service.
    enum Removal: CaseIterable {
        case allFiles, database, log, directory, directoryMovedAway, otherDatabase, otherDirectory

        func happen(in directory: String) throws {
            let files = FileManager.default
            switch self {
            case .allFiles:
                for name in try files.contentsOfDirectory(atPath: directory) {
                    try files.removeItem(atPath: directory + "/" + name)
                }
            case .database: try files.removeItem(atPath: directory + "/spool.sqlite")
            case .log: try files.removeItem(atPath: directory + "/spool.sqlite-wal")
            case .directory: try files.removeItem(atPath: directory)
            case .directoryMovedAway: try files.moveItem(atPath: directory, toPath: directory + ".away")
            case .otherDatabase:
                try files.removeItem(atPath: directory + "/spool.sqlite")
                try Array("another file".utf8).write(to: directory + "/spool.sqlite")
            case .otherDirectory:
                try files.moveItem(atPath: directory, toPath: directory + ".away")
                try files.copyItem(atPath: directory + ".away", toPath: directory)
            }
        }
    }

    private static let restored = "the spool's files were removed or replaced while hsmwatch runs"

    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private var directory: String { folder.path + "/state" }
    private var file: SpoolFile { SpoolFile(directory: directory) }

    private func spool(at path: String? = nil) -> Spool {
        Spool(
            file: SpoolFile(directory: path ?? directory), outputs: [Subscription(name: "a")],
            limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"), logger: notes.logger,
            diskRetry: .milliseconds(100))
    }

    private func sequences(_ messages: [SpooledMessage]) -> [Int] {
        messages.compactMap { $0.stored?.integer("sequence") }
    }

    @Test(
        "it notices, writes everything anew, keeps the lock, and loses nothing by a kill",
        arguments: Removal.allCases)
    func restored(removal: Removal) async throws {
        let spool = spool()
        for number in 1...5 { spool.append(.numbered(number, length: 5000)) }
        let left = folder.path + "/left"
        try await running(spool) {
            try await spool.settle()
            try removal.happen(in: directory)
            // Nothing is appended: it looks by itself.
            try await spool.wait("the removal is noticed") { notes.has(Self.restored) }
            spool.append(.numbered(6))
            try await spool.settle()
            #expect(throws: SpoolRefusal.inUse(path: file.path)) { try file.take() }
            // What a process that is killed now leaves.
            try FileManager.default.copyItem(atPath: directory, toPath: left)
            #expect(spool.dropped == 0)
        }
        #expect(notes.count(Self.restored) == 1, "\(notes)")
        #expect(!notes.has("the spool's disk fails"), "\(notes)")
        let next = self.spool(at: left)
        #expect(next.waiting == 6)
        try await running(next) {
            let messages = try await next.next(6, after: 0)
            #expect(sequences(messages) == Array(1...6))
        }
    }

    @Test("where it cannot write anew it goes on, delivers what the open database has, and returns when it can")
    func obstructed() async throws {
        let spool = spool()
        // More than what stays in memory.
        for number in 1...700 { spool.append(.numbered(number, length: 4000)) }
        try await running(spool) {
            try await spool.settle()
            try FileManager.default.removeItem(atPath: directory)
            try Array("in the way".utf8).write(to: directory)
            try await spool.wait("the removal is noticed") {
                notes.has("the spool's disk fails (its files were removed or replaced, and cannot be written anew: ")
            }
            spool.append(.numbered(701))
            let messages = try await spool.next(701, after: 0)
            #expect(messages.map(\.position) == Array(1...701))
            try FileManager.default.removeItem(atPath: directory)
            try await spool.wait("the disk works") { notes.has("the spool's disk works again") }
            #expect(spool.dropped == 0)
        }
        let next = self.spool()
        #expect(next.waiting == 701)
    }

    @Test("what is still on a removed disk at the end is counted")
    func lost() async throws {
        let spool = spool()
        for number in 1...5 { spool.append(.numbered(number)) }
        try await running(spool) {
            try await spool.settle()
            try FileManager.default.removeItem(atPath: directory)
            try Array("in the way".utf8).write(to: directory)
            try await spool.wait("the removal is noticed") { notes.has("the spool's disk fails") }
            spool.append(.numbered(6))
        }
        #expect(spool.dropped == 6)
        #expect(notes.has("hsmwatch dropped 6 messages before delivery: the disk has failed until the end"))
    }

    @Test("when another hsmwatch has taken the directory that was made anew, this one ends and counts what it had")
    func usurped() async throws {
        let spool = spool()
        for number in 1...5 { spool.append(.numbered(number)) }
        await #expect(throws: SpoolRefusal.inUse(path: file.path)) {
            try await running(spool) {
                try await spool.settle()
                try FileManager.default.removeItem(atPath: directory)
                let other = try file.take()
                try await spool.wait("the other is noticed") { spool.isEnding }
                try other.opened.get().database.close()
            }
        }
        #expect(notes.has("hsmwatch dropped up to 5 messages before delivery: another hsmwatch has taken"), "\(notes)")
        #expect(notes.count("another hsmwatch uses") == 1)
    }
}
