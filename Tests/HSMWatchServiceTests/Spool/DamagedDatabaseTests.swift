// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("Damaged spool file")
struct DamagedDatabaseTests {
    /// What may happen to a file while nobody looks.
    enum Damage: CaseIterable {
        case truncated, header, middlePage, lastPages, notADatabase

        func happen(to bytes: inout Data) {
            let noise = Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })
            switch self {
            case .truncated: bytes = bytes.prefix(bytes.count / 2 + 100)
            case .header: bytes.replaceSubrange(0..<100, with: noise.prefix(100))
            case .middlePage:
                bytes.replaceSubrange(bytes.count / 8192 * 4096..<bytes.count / 8192 * 4096 + 4096, with: noise)
            case .lastPages: bytes.replaceSubrange(bytes.count - 8192..<bytes.count, with: noise + noise)
            case .notADatabase: bytes = Data("this is a text, and no database, whatever its name is\n".utf8)
            }
        }
    }

    private let folder: TemporaryFolder
    private let file: SpoolFile

    init() throws {
        folder = try TemporaryFolder()
        file = SpoolFile(directory: folder.path)
    }

    /// Leaves a closed database with some hundred messages.
    private func fill() throws {
        let opened = try file.open()
        _ = try opened.database.commit(.init((1...300).map { .sample($0, length: 500) }))
        try opened.database.close()
    }

    @Test("is moved aside and kept as it was; a new one takes its place", arguments: Damage.allCases)
    func replaced(damage: Damage) throws {
        try fill()
        var bytes = try Data(contentsOf: URL(filePath: file.path))
        damage.happen(to: &bytes)
        try bytes.write(to: URL(filePath: file.path))
        let opened = try file.open()
        let moved = try #require(opened.damaged)
        #expect(moved.hasPrefix(file.path + ".damaged-"))
        #expect(try Data(contentsOf: URL(filePath: moved)) == bytes)
        #expect(opened.contents.waiting == 0)
        #expect(opened.contents.position == 0)
        _ = try opened.database.commit(.init([.sample(1)]))
        try opened.database.close()
        #expect(try file.open().damaged == nil)
    }

    @Test("an empty file is a new spool")
    func empty() throws {
        try Data().write(to: URL(filePath: file.path))
        let opened = try file.open()
        #expect(opened.damaged == nil)
        _ = try opened.database.commit(.init([.sample(1)]))
    }

    @Test("what a crash left in the write-ahead log is found again")
    func crashed() throws {
        let opened = try file.open()
        _ = try opened.database.commit(.init((1...10).map { .sample($0) }))
        // A copy of what lies there while the database is open is what a power failure leaves.
        let after = try TemporaryFolder()
        for name in try folder.names {
            try FileManager.default.copyItem(atPath: folder.path + "/" + name, toPath: after.path + "/" + name)
        }
        let found = try SpoolFile(directory: after.path).open()
        #expect(found.damaged == nil)
        #expect(found.contents.waiting == 10)
        #expect(found.contents.identity == SpoolIdentity(instance: "i", sequence: 10))
    }

    @Test("garbage in the place of the write-ahead log does no harm to what was in the database")
    func garbageLog() throws {
        try fill()
        try Data(repeating: 0xA5, count: 100_000).write(to: URL(filePath: file.path + "-wal"))
        let opened = try file.open()
        #expect(opened.contents.waiting == 300)
        #expect(opened.contents.position == 300)
        _ = try opened.database.commit(.init([.sample(301)]))
    }

    @Test("only the newest of many damaged ones are kept, with their companions")
    func bounded() throws {
        for _ in 0..<(SpoolFile.damagedKept + 3) {
            try Data("no database".utf8).write(to: URL(filePath: file.path))
            let moved = try #require(try file.open().damaged)
            try Data("a log".utf8).write(to: URL(filePath: moved + "-wal"))
        }
        let kept = try folder.names.filter { $0.contains(".damaged-") }
        #expect(kept.count == 2 * SpoolFile.damagedKept)
        #expect(kept.filter { $0.hasSuffix("-wal") }.count == SpoolFile.damagedKept)
    }

    @Test("a folder in the place of the database stays there, and the refusal names it")
    func directory() throws {
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: true)
        #expect(
            throws: SpoolRefusal.cannotOpen(directory: folder.path, reason: "\(file.path): is a directory")
        ) { try file.open() }
    }
}
