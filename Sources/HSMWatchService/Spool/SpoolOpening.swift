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
