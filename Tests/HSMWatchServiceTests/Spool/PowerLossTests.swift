// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// What a disk holds when the power goes: all that was synchronised, and any part of what was not, sector by sector and in
/// no order.
///
/// SQLite synchronises the write-ahead log before a commit returns, and before it carries the log over into the database.
@Suite("Spool database, after a loss of power")
struct PowerLossTests {
    /// What lies on the disk at one time.
    private struct Files {
        static let sector = 512
        /// Bytes of the log's header (https://sqlite.org/fileformat.html#the_write_ahead_log).
        static let header = 32

        var database: Data
        var log: Data

        init(of file: SpoolFile) throws {
            database = try Data(contentsOf: URL(filePath: file.path))
            log = try Data(contentsOf: URL(filePath: file.path + "-wal"))
        }

        func write(to file: SpoolFile) throws {
            try database.write(to: URL(filePath: file.path))
            try log.write(to: URL(filePath: file.path + "-wal"))
        }

        /// Some sectors as they were before, and the others as they were to become.
        static func torn(_ before: Data, _ after: Data, _ numbers: inout SeededNumbers) -> Data {
            var torn = Data()
            let share = Int.random(in: 0...10, using: &numbers)
            for start in stride(from: 0, to: after.count, by: sector) {
                let end = min(start + sector, after.count)
                let isWritten = Int.random(in: 0..<10, using: &numbers) < share
                guard !isWritten else {
                    torn.append(after[start..<end])
                    continue
                }
                // Where the file has grown, nothing has come yet.
                torn.append(before.dropFirst(start).prefix(end - start))
                torn.append(Data(count: end - torn.count))
            }
            return torn + before.dropFirst(after.count)
        }
    }

    private let folder: TemporaryFolder
    private let file: SpoolFile

    init() throws {
        folder = try TemporaryFolder()
        file = SpoolFile(directory: folder.path)
    }

    /// Opens what the loss of power has left, and answers which messages it holds.
    private func left(_ files: Files) throws -> (contents: SpoolDatabase.Contents, messages: [SpooledMessage]) {
        let after = try TemporaryFolder()
        let copy = SpoolFile(directory: after.path)
        try files.write(to: copy)
        let opened = try copy.open()
        defer { try? opened.database.close() }
        #expect(opened.damaged == nil)
        return (opened.contents, try opened.database.messages(after: 0, limit: .max, bytes: .max))
    }

    @Test(
        "what a commit has said is there; the commit that the loss cut off is there with all it did, or not at all",
        arguments: 1...4 as ClosedRange<UInt64>)
    func lossWithinCommit(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let database = try file.open().database
        var held: [SpooledMessage] = []
        var (position, confirmed) = (Int64(0), Int64(0))
        _ = try database.commit(.init([]))
        var carriedOver = 0
        for _ in 0..<40 {
            let before = try Files(of: file)
            let old = (held: held, position: position)
            let new = (0..<Int.random(in: 1...40, using: &numbers)).map { _ in
                position += 1
                return SpooledMessage.sample(position, length: Int.random(in: 0...6000, using: &numbers))
            }
            confirmed = Int64.random(in: confirmed...position, using: &numbers)
            held = (held + new).filter { $0.position > confirmed }
            _ = try database.commit(.init(new, cursors: ["a": confirmed]))
            var after = try Files(of: file)

            // Before the log is synchronised the database is as it was.
            var cut = before
            cut.log = Files.torn(before.log, after.log, &numbers)
            // A log that begins anew has its header synchronised before anything else.
            cut.log.replaceSubrange(0..<Files.header, with: after.log.prefix(Files.header))
            let found = try left(cut)
            #expect([old.position, position].contains(found.contents.position))
            #expect(found.contents.identity.sequence == found.contents.position)
            #expect(found.messages == (found.contents.position == position ? held : old.held))

            // From then on the commit is there, however much of it has been carried over.
            carriedOver += before.database == after.database ? 0 : 1
            after.database = Files.torn(before.database, after.database, &numbers)
            let kept = try left(after)
            #expect(kept.contents.position == position)
            #expect(kept.messages == held)
        }
        #expect(carriedOver > 0, "the log is carried over now and then")
        try database.close()
    }
}
