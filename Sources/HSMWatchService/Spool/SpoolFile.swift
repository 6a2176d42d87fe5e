// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Glibc
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

    /// What SQLite says of a file that is no sound database, and of statements that do not fit its tables.
    private static let damages: [ResultCode] = [
        .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH,
    ]

    /// What the system says of a place that is absent, or that this user may not use. Everything else is the disk's
    /// fault.
    private static let refusals: Set<CInt> = [EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG]

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

    /// Takes the lock, or keeps the one that this process has. Answers nil when the directory cannot be locked.
    package func lock(keeping held: SpoolLock? = nil) throws(SpoolRefusal) -> SpoolLock? {
        // What forbids to make it is reported when the database is opened.
        try? makeDirectory()
        return try SpoolLock.take(directory: directory, database: path, keeping: held, by: locking)
    }

    /// Opens the database; a damaged one is moved aside and replaced.
    ///
    /// - Parameters:
    ///   - isLocked: whether this process has the lock: another program that has the database open is no hsmwatch then.
    ///     Without the lock it may be one.
    ///   - isDamage: whether an error means that the database must be replaced.
    /// - Throws: `SpoolRefusal` when the place is absent or this user may not use it, when another hsmwatch may have
    ///   the database, or a newer one wrote it; else what the disk says: full, read-only, unreadable.
    package func open(
        isLocked: Bool = true, isDamage: (any Error) -> Bool = SpoolFile.isDamage
    ) throws -> Opened {
        do {
            try makeDirectory()
            return try openAsItIs()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            if isLocked { throw error }
            throw SpoolRefusal.inUse(path: path)
        } catch let error as DatabaseError where isDamage(error) {
            let moved = try moveAside()
            var opened = try openAsItIs()
            opened.damaged = moved
            return opened
        } catch {
            throw refusal(for: error) ?? error
        }
    }

    /// Writes an open database anew at its path, which leads elsewhere now. A foreign database that lies there is moved
    /// aside. Answers the new database, open, and where the foreign one is.
    func rewrite(_ database: SpoolDatabase) throws -> (database: SpoolDatabase, foreign: String?) {
        try makeDirectory()
        let copy = path + ".new"
        try remove(copy)
        try database.copy(to: copy)
        let isForeign = FileManager.default.fileExists(atPath: path) && !database.place.has(path)
        let foreign = isForeign ? try moveAside() : nil
        // What is left is a part of the open database, which the copy has.
        try remove(path)
        try FileManager.default.moveItem(atPath: copy, toPath: path)
        syncDirectory()
        return (try SpoolDatabase(path: path), foreign)
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

    /// Whether an error says that the file is no sound database, that a part of it cannot be read any more, or that its
    /// tables are not ours: then every statement would fail forever.
    package static func isDamage(_ error: any Error) -> Bool {
        isReadError(error) || (error as? DatabaseError).map { damages.contains($0.resultCode) } ?? false
    }

    /// Whether an error may say that a part of the file could not be read. It is damage when it stays (`ReadRetry`).
    static func isReadError(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        switch error.extendedResultCode {
        case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS: return true
        // A statement that meets EIO says that the database is malformed (SQLite's vdbe.c).
        default: return error.resultCode == .SQLITE_CORRUPT
        }
    }

    /// What the disk says, in a few words, and SQLite's extended result code: several of them have the same words.
    package static func describe(_ error: any Error) -> String {
        if let failure = error as? DiskFailure { return describe(failure.cause) }
        if error is SpoolRefusal || error is SpoolDisplaced || error is SpoolOpening.Late || error is DiskGivenUp {
            return "\(error)"
        }
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

    /// Why the place cannot be used, when that and not the disk is the reason for an error.
    private func refusal(for error: any Error) -> SpoolRefusal? {
        guard let (obstacle, code) = Self.cause(of: error) ?? self.obstacle, Self.refusals.contains(code) else {
            return nil
        }
        let reason = String(cString: strerror(code)).lowercased()
        return .cannotOpen(directory: directory, reason: obstacle == directory ? reason : "\(obstacle): \(reason)")
    }

    /// The path that Foundation could not use, and what the system said of it.
    private static func cause(of error: any Error) -> (path: String, code: CInt)? {
        // A file in the place of the directory: the system's own words say less than the attempt to open it.
        guard let error = error as? CocoaError, error.code != .fileWriteFileExists, let path = error.filePath,
            let cause = error.underlying
        else { return nil }
        return (path, CInt((cause as NSError).code))
    }

    /// What stands in the way of writing the spool, and what the system says of it; nil when nothing does. SQLite does
    /// not say it. The database must not be open here: to close a file is to give up its locks (fcntl(2)).
    private var obstacle: (path: String, code: CInt)? {
        func failure(_ path: String, _ flags: CInt) -> (String, CInt)? {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { return (path, errno) }
            close(descriptor)
            return nil
        }
        if let failure = failure(directory, O_RDONLY | O_DIRECTORY) { return failure }
        guard access(directory, W_OK | X_OK) == 0 else { return (directory, errno) }
        return ([""] + Self.companions).lazy.compactMap { failure(path + $0, O_RDWR) }.first { $0.1 != ENOENT }
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
            try remove(name)
        }
    }

    /// Removes a database and its companion files, where they exist.
    private func remove(_ database: String) throws {
        for suffix in [""] + Self.companions where FileManager.default.fileExists(atPath: database + suffix) {
            try FileManager.default.removeItem(atPath: database + suffix)
        }
    }

    /// A new name outlives a loss of power when its directory is on the disk. Where that fails, the next commit will.
    private func syncDirectory() {
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// The lock by which one hsmwatch recognises another on the same spool: flock(2) on the spool's directory.
///
/// - It stands for a process, not for a database: hsmwatch holds it also while the database cannot be opened.
/// - It is on the directory, because a file can be removed or replaced while it is locked.
/// - On a directory that was removed it stands for nothing any more: the path leads to another directory, with a lock
///   of its own. So the spool looks at its place every second (`Spool.placeInterval`), and takes the lock anew.
/// - The kernel releases it with the process, however that ends. A program that is started from here does not inherit
///   it.
package final class SpoolLock: Sendable {
    /// Locks a descriptor: flock(2).
    package typealias Locking = (_ descriptor: CInt, _ operation: CInt) -> CInt

    private let descriptor: CInt

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Takes the lock of a spool, without waiting. Answers nil when the directory cannot be locked: it cannot be
    /// opened, or its file system has no such locks (NFS has none for directories).
    ///
    /// - Parameters:
    ///   - database: the path of the spool's database, for the error.
    ///   - held: the lock that this process has; it is kept as long as the path leads to the same directory.
    /// - Throws: `SpoolRefusal.inUse` when another process has the lock.
    static func take(
        directory: String, database: String, keeping held: SpoolLock?, by lock: Locking = { flock($0, $1) }
    ) throws(SpoolRefusal) -> SpoolLock? {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return held }
        let new = SpoolLock(descriptor: descriptor)
        if let held, held.isOnDirectory(of: new) { return held }
        guard lock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return new }
        guard errno == EWOULDBLOCK else { return nil }
        throw .inUse(path: database)
    }

    /// Whether a program that this process starts would have the lock too.
    var isInherited: Bool { fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0 }

    private func isOnDirectory(of other: SpoolLock) -> Bool {
        guard let mine = FileIdentity(of: descriptor) else { return false }
        return mine == FileIdentity(of: other.descriptor)
    }
}

/// Which file a path or a descriptor leads to: its device and inode (inode(7)).
struct FileIdentity: Equatable, Sendable {
    private let device: dev_t
    private let inode: ino_t

    /// Nil when the path leads to no file.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }

    /// Nil when the descriptor is not open.
    init?(of descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }
}

/// The files of an open database: says whether their paths still lead to them.
///
/// SQLite goes on with a file that somebody has removed, as every program does; with its descriptors the file would go.
struct SpoolPlace: Sendable {
    private let files: [String: FileIdentity]

    /// Notes what the paths lead to now.
    init(of paths: [String]) {
        files = paths.reduce(into: [:]) { $0[$1] = FileIdentity(at: $1) }
    }

    var isUnchanged: Bool { files.allSatisfy { has($0.key) } }

    /// Whether a path leads to the same file as before.
    func has(_ path: String) -> Bool {
        files[path] == FileIdentity(at: path)
    }
}

/// The paths of the open database lead to other files, or to none: somebody removed or replaced them.
struct SpoolDisplaced: Error, CustomStringConvertible {
    /// Why they cannot be written anew; nil before the first attempt.
    var obstacle: String?

    var description: String {
        "its files were removed or replaced" + (obstacle.map { ", and cannot be written anew: \($0)" } ?? "")
    }
}
