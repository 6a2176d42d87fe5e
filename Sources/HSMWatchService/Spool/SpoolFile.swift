// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore

/// The spool's place on the disk: opens the database, and moves one that is damaged out of the way.
package struct SpoolFile: Sendable {
    /// An open database, what it held, and what had to be done for it.
    package struct Opened: Sendable {
        package var database: SpoolDatabase
        package var contents: SpoolDatabase.Contents
        /// Where a damaged database was moved.
        package var damaged: String?
    }

    /// SQLite's file; its companions `-wal` and `-shm` lie beside it.
    package let path: String

    /// - Parameter directory: `$STATE_DIRECTORY` under systemd; made when it is missing.
    package init(directory: String) {
        path = directory + "/spool.sqlite"
    }

    /// Opens the database; a damaged one is moved aside and replaced.
    ///
    /// - Throws: what the disk says: full, read-only, no permission.
    package func open() throws -> Opened {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        do {
            return try openAsItIs()
        } catch let error as DatabaseError where Self.isDamage(error) {
            let moved = try moveAside()
            var opened = try openAsItIs()
            opened.damaged = moved
            return opened
        }
    }

    /// Renames the database and its companions; answers the new name.
    package func moveAside() throws -> String {
        let moved = "\(path).damaged-\(Timestamp.now.milliseconds)"
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: moved + suffix)
        }
        return moved
    }

    /// Whether an error says that the file is no sound database.
    package static func isDamage(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        return code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB
    }

    private func openAsItIs() throws -> Opened {
        let database = try SpoolDatabase(path: path)
        return Opened(database: database, contents: try database.contents())
    }
}
