// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// The lock by which one hsmwatch recognises another on the same spool: flock(2) on the spool's directory.
///
/// - It stands for a process, not for a database: hsmwatch holds it also while the database cannot be opened.
/// - It is on the directory, because a file can be removed or replaced while it is locked.
/// - On a directory that was removed it stands for nothing any more: the path leads to another directory, with a lock of
///   its own. So the spool looks at its place every second (`Spool.placeInterval`), and takes the lock anew.
/// - The kernel releases it with the process, however that ends. A program that is started from here does not inherit it.
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

    /// Takes the lock of a spool, without waiting. Answers nil when the directory cannot be locked: it cannot be opened, or
    /// its file system has no such locks (NFS has none for directories).
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
