// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore

/// The spool's place on the disk: locks it, opens the database, and moves one that is damaged out of the way.
package struct SpoolFile: Sendable {
    /// Damaged databases that are kept; before one more is, the oldest goes.
    package static let damagedKept = 3

    /// An open database, what it held, and what had to be done for it.
    package struct Opened: Sendable {
        package var database: SpoolDatabase
        package var contents: SpoolDatabase.Contents
        /// Where a damaged database was moved.
        package var damaged: String?
    }

    /// What came of taking the spool at the start of the process.
    package struct Taken: Sendable {
        /// Nil when the directory cannot be locked.
        package var lock: SpoolLock?
        package var opened: Result<Opened, any Error>
    }

    /// SQLite keeps these beside the database.
    private static let companions = ["-wal", "-shm"]

    /// SQLite's file; its companions lie beside it.
    package let path: String

    private let directory: String
    private let locking: @Sendable (CInt, CInt) -> CInt

    /// - Parameters:
    ///   - directory: `$STATE_DIRECTORY` under systemd; made when it is missing.
    ///   - locking: what locks a descriptor: flock(2).
    package init(directory: String, locking: @escaping @Sendable (CInt, CInt) -> CInt = { flock($0, $1) }) {
        self.directory = directory
        self.locking = locking
        path = directory + "/spool.sqlite"
    }

    /// Takes the lock, and then opens the database, whatever comes of that.
    ///
    /// - Throws: `SpoolInUse` when another hsmwatch has the spool.
    package func take() throws(SpoolInUse) -> Taken {
        let lock = try lock()
        let opened = Result { try open(isLocked: lock != nil) }
        if case .failure(let inUse as SpoolInUse) = opened { throw inUse }
        return Taken(lock: lock, opened: opened)
    }

    /// Takes the lock, or keeps the one that this process has. Answers nil when the directory cannot be locked.
    package func lock(keeping held: SpoolLock? = nil) throws(SpoolInUse) -> SpoolLock? {
        // What forbids to make it is reported when the database is opened.
        try? makeDirectory()
        return try SpoolLock.take(directory: directory, database: path, keeping: held, by: locking)
    }

    /// Opens the database; a damaged one is moved aside and replaced.
    ///
    /// - Parameter isLocked: whether this process has the lock: another program that has the database open is no
    ///   hsmwatch then. Without the lock it may be one.
    /// - Throws: `SpoolInUse` when another hsmwatch may have it; else what the disk says: full, read-only, no permission.
    package func open(isLocked: Bool = true) throws -> Opened {
        try makeDirectory()
        do {
            return try openAsItIs()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && !isLocked {
            throw SpoolInUse(path: path)
        } catch let error as DatabaseError where Self.isDamage(error) {
            let moved = try moveAside()
            var opened = try openAsItIs()
            opened.damaged = moved
            return opened
        }
    }

    /// Renames the database and its companions; answers the new name.
    package func moveAside() throws -> String {
        let prefix = path + ".damaged-"
        try forgetDamaged(prefix: prefix)
        let moved = "\(prefix)\(Timestamp.now.milliseconds)"
        for suffix in [""] + Self.companions where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: moved + suffix)
        }
        return moved
    }

    /// Whether an error says that the file is no sound database, or that a part of it cannot be read any more.
    package static func isDamage(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        switch error.extendedResultCode {
        case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS: return true
        default: return error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
        }
    }

    /// What the disk says, in a few words, and SQLite's extended result code: several of them have the same words.
    package static func describe(_ error: any Error) -> String {
        if let failure = error as? DiskFailure { return describe(failure.cause) }
        if let inUse = error as? SpoolInUse { return "\(inUse)" }
        // The directory: Foundation's own words name neither the path nor what the system said.
        if let error = error as? CocoaError, let path = error.filePath, let cause = error.underlying {
            return "\(path): \(String(cString: strerror(CInt((cause as NSError).code))))"
        }
        guard let error = error as? DatabaseError else { return (error as NSError).localizedDescription }
        // This process has one connection only.
        guard error.resultCode != .SQLITE_BUSY else { return "another program has the spool's database open" }
        return "\(error.message ?? "no reason given"), SQLite code \(error.extendedResultCode.rawValue)"
    }

    private func makeDirectory() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func openAsItIs() throws -> Opened {
        let database = try SpoolDatabase(path: path)
        return Opened(database: database, contents: try database.contents())
    }

    /// Removes the oldest damaged databases, so that there is room for one more.
    private func forgetDamaged(prefix: String) throws {
        // The milliseconds in a name have the same number of digits until the year 2286.
        let kept = try FileManager.default.contentsOfDirectory(atPath: directory)
            .map { "\(directory)/\($0)" }
            .filter { name in name.hasPrefix(prefix) && !Self.companions.contains { name.hasSuffix($0) } }
            .sorted()
        for name in kept.dropLast(Self.damagedKept - 1) {
            for suffix in [""] + Self.companions where FileManager.default.fileExists(atPath: name + suffix) {
                try FileManager.default.removeItem(atPath: name + suffix)
            }
        }
    }
}
