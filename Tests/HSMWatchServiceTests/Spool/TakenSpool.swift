// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

@testable import HSMWatchService

extension SpoolFile {
    /// What came of taking a spool at once, without a start.
    struct Taken: Sendable {
        /// Nil when the directory cannot be locked.
        var lock: SpoolLock?
        var opened: Result<Opened, any Error>
    }

    /// Takes the lock, and then opens the database, whatever comes of that.
    func take() throws(SpoolRefusal) -> Taken {
        let lock = try lock()
        let opened = Result { try open(isLocked: lock != nil) }
        if case .failure(SpoolRefusal.inUse) = opened { throw .inUse(path: path) }
        return Taken(lock: lock, opened: opened)
    }
}

extension Spool {
    /// A spool that begins with a file at once, in memory when that cannot be taken.
    convenience init(
        file: SpoolFile, outputs: [Subscription], limits: SpoolConfiguration, encoder: MessageEncoder, logger: Logger,
        diskRetry: Duration = Spool.diskRetry, boot: String? = Boot.id, now: @escaping () -> Moment = { .now }
    ) {
        let taken = Result { try file.take() }
        let lock = try? taken.get().lock
        let opened = taken.flatMap(\.opened)
        let disk = SpoolDisk(file: file, lock: lock ?? nil, database: try? opened.get().database)
        self.init(
            disk: disk, opened: opened, outputs: outputs, limits: limits, encoder: encoder, logger: logger,
            diskRetry: diskRetry, boot: boot, now: now)
    }
}
