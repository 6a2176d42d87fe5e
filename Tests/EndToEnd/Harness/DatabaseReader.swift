// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// Another program that has an SQLite database open: it holds the lock that every reader holds.
final class DatabaseReader {
    /// Where SQLite's readers lock a file (https://sqlite.org/src/file/src/os.h).
    private static let shared = (first: off_t(0x4000_0002), count: off_t(510))

    private let file: FileHandle

    /// Opens the database at `url`, which nobody may be writing.
    init(of url: URL) throws {
        file = try FileHandle(forReadingFrom: url)
        var lock = flock()
        lock.l_type = Int16(F_RDLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = Self.shared
        guard fcntl(file.fileDescriptor, F_SETLK, &lock) == 0 else { throw CocoaError(.fileLocking) }
    }

    /// Makes an empty database where a service will have its spool, and opens it: that service begins in memory.
    static func ofNewSpool(in directory: URL) throws -> DatabaseReader {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let database = directory.appending(path: "spool.sqlite")
        try Data().write(to: database)
        return try DatabaseReader(of: database)
    }

    func close() throws {
        try file.close()
    }
}
