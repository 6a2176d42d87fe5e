// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What the spool does when somebody removes or replaces its files, or its directory, while it runs.
///
/// The open database still holds every message. It is written anew to its path, and the lock is taken anew on a directory
/// that was made anew. Until that succeeds, the outputs read from the open database, and new messages wait in memory.
extension Spool {
    /// Looks at the place now and then: what is committed to a removed file is gone when the process ends.
    func watchPlace() {
        guard !isEnding else { return }
        ServiceLoop.after(Self.placeInterval) { [weak self] in
            Task { @ServiceLoop in
                await self?.lookAtPlace()
                self?.watchPlace()
            }
        }
    }

    private func lookAtPlace() async {
        do {
            try await disk.checkPlace()
        } catch {
            noteReadFailure(error)
        }
    }

    /// Writes the open database anew.
    ///
    /// - Throws: `SpoolRefusal.inUse` when another hsmwatch has taken the directory meanwhile; else `SpoolDisplaced`, with
    ///   the reason.
    func restore() async throws {
        do {
            let foreign = try await ask(within: Liveness.openingGrace) { try await $0.restore() }
            isDisplaced = false
            logger.note(.spoolRestored(foreign: foreign))
        } catch let refusal as SpoolRefusal {
            isDisplaced = true
            if case .inUse = refusal { throw refusal }
            throw SpoolDisplaced(obstacle: "\(refusal)")
        } catch {
            isDisplaced = true
            throw SpoolDisplaced(obstacle: SpoolFile.describe(error))
        }
    }
}
