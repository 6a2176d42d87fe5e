// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The opening of the spool at the start of the process, off the event loop: the check of a large database takes long.
@ServiceLoop
package final class SpoolOpening {
    /// An open database, and the number of its opening.
    typealias Opened = (opened: SpoolFile.Opened, number: Int)

    /// The start does not wait any longer; the opening goes on.
    struct Late: Error, CustomStringConvertible {
        var description: String { "opening it takes more than \(DurationText.format(SpoolOpening.patience))" }
    }

    /// How long a start waits for the database. After that it goes on in memory.
    package nonisolated static let patience = Duration.seconds(60)

    let disk: SpoolDisk
    /// What came of it; nil while it lasts.
    private(set) var result: Result<Opened, any Error>?
    /// Whether this process has the lock, or cannot have one; false while that is not known.
    private(set) var knowsLock: Bool
    private let news = WakeUp()

    /// Takes the lock, and then opens the database.
    ///
    /// - Parameter knowsLock: whether `disk` has been asked for the lock before.
    package init(of disk: SpoolDisk, knowsLock: Bool = false) {
        self.disk = disk
        self.knowsLock = knowsLock
        Task { @ServiceLoop in
            do {
                if !knowsLock { try await disk.takeLock() }
                self.knowsLock = true
                result = .success(try await disk.open())
            } catch {
                result = .failure(error)
            }
            news.raise()
        }
    }

    /// Returns when there is a result, at an `interrupt`, or then. One task at a time may wait.
    func wait(until instant: Instant) async {
        guard result == nil else { return }
        let timer = ServiceLoop.after(max(.zero, instant - .now)) { self.news.raise() }
        await news.wait()
        timer.cancel()
    }

    /// Ends a wait.
    func interrupt() {
        news.raise()
    }

    /// What a start works with: the open database, which keeps its positions, or why there is none.
    func take() async -> Result<SpoolFile.Opened, any Error> {
        guard let result else { return .failure(Late()) }
        if case .success = result { await disk.keepPlaces() }
        return result.map(\.opened)
    }
}

/// What the database remembers of the last process that used it.
package struct SpoolRun: Equatable, Sendable {
    /// Since when messages of an earlier process may be missing, until a message has reported it.
    package var missingSince: Timestamp?
    /// Whether the process ended, with everything that it had on the disk.
    package var isClosed: Bool

    package init(missingSince: Timestamp?, isClosed: Bool = false) {
        self.missingSince = missingSince
        self.isClosed = isClosed
    }
}

extension SpoolDatabase.Contents {
    /// Since when messages may be missing: the last process was killed, or its disk failed until its end. Nil when
    /// nothing is missing.
    package var missingSince: Timestamp? {
        run.flatMap { $0.missingSince ?? ($0.isClosed ? nil : moment?.civil) }
    }
}

/// Why hsmwatch does not start with a spool. Nothing is polled then.
///
/// While the service runs, the same answers mean that the disk cannot be used now: it goes on in memory and tries
/// again.
package enum SpoolRefusal: Error, Equatable, CustomStringConvertible {
    /// Another hsmwatch uses the database at this path. It is a state for as long as that one runs.
    case inUse(path: String)
    /// The directory or a file in it is absent, or this user may not use it.
    case cannotOpen(directory: String, reason: String)
    /// A newer hsmwatch wrote the database at this path. It stays unchanged.
    case newer(path: String, version: Int)

    package var description: String {
        switch self {
        case .inUse(let path): "another hsmwatch uses \(path)"
        case .cannotOpen(let directory, let reason): "cannot open the spool in \(directory): \(reason)"
        case .newer(let path, let version):
            "a newer hsmwatch wrote the spool \(path)"
                + " (version \(version); this one knows versions up to \(SpoolSchema.version))"
        }
    }

    /// What to do about it.
    package var nextStep: String {
        switch self {
        case .inUse:
            "not started, since both would take sockets of the HSMs; stop the other,"
                + " or give each its own $STATE_DIRECTORY"
        case .cannotOpen:
            "nothing was polled; start hsmwatch with systemctl, or set STATE_DIRECTORY to a directory that this user"
                + " may write"
        case .newer:
            "not started, and the spool is unchanged; install the newer hsmwatch again, or move the spool away"
        }
    }
}

/// What went wrong with an open database.
///
/// It concerns only the opening on which it happened: a database that was opened later is another file, or the same one
/// after a check.
struct DiskFailure: Error {
    /// The number that `SpoolDisk` gave to that opening.
    let opening: Int
    /// What the database threw.
    let cause: any Error
}
