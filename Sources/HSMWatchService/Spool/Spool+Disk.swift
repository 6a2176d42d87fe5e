// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What the spool does when its disk fails, comes late, or loses its place: somebody removes or replaces the files, or
/// the directory, while it runs.
///
/// An open database whose files are gone still holds every message. It is written anew to its path, and the lock is
/// taken anew on a directory that was made anew. Until that succeeds, the outputs read from the open database, and new
/// messages wait in memory.
extension Spool {
    /// Opens the database that could not be opened before; meanwhile the service goes on in memory.
    func openDatabase() async throws {
        guard opening == nil else { return }
        let (opened, number) = try await nextOpening()
        opening = number
        stored = opened.contents.messages
        found = stored.total > 0 ? opened.contents : nil
        if let found {
            // The messages in memory are as old as before.
            tail.move(by: clock.resume(noted: found.moment, newest: found.newest))
        }
        if let damaged = opened.damaged { logger.note(.spoolDamaged(movedTo: damaged)) }
        if !knowsEarlierRun {
            knowsEarlierRun = true
            account.note(earlier: opened.contents.unreported)
            missingSince = opened.contents.missingSince
            if let loss = takeLoss() { report(.messagesDropped(count: nil, reason: loss)) }
        }
    }

    /// The late opening when it is done, else a new one.
    private func nextOpening() async throws -> SpoolOpening.Opened {
        guard let late else { return try await jobs.ask(within: Liveness.openingGrace) { try await $0.open() } }
        guard let result = late.result else { throw SpoolOpening.Late() }
        self.late = nil
        return try result.get()
    }

    func diskFailed(_ error: any Error) async {
        // That says nothing of the disk's health, and the spool ends.
        if error is DiskGivenUp { return }
        let failure = error as? DiskFailure
        // The database in which it failed was replaced meanwhile, or closed.
        if let failure, failure.opening != opening { return }
        var error = error
        var replaced = false
        if failure?.cause is SpoolDisplaced {
            do {
                try await restore()
                replaced = true
            } catch let refusal as SpoolRefusal {
                usurper = refusal
                logger.note(.spoolUsurped(refusal))
            } catch let obstacle {
                error = obstacle
            }
        } else if let failure, SpoolFile.isDamage(failure.cause) {
            replaced = await replaceDatabase()
        }
        guard usurper == nil else { return }
        switch health.failed(replaced: replaced, at: .now) {
        case .tryAgain:
            schedule.plan(in: .zero)
        case .goOnInMemory:
            identity = .new()
            // What an output may have sent keeps its number.
            tail.renumber(after: released, as: &identity)
            logger.note(.diskFailing(reason: SpoolFile.describe(error)))
        case .wait:
            break
        }
    }

    /// Moves a damaged database aside; what is still in memory goes into the next one.
    private func replaceDatabase() async -> Bool {
        let moved = try? await jobs.ask(within: Liveness.spoolGrace) { try await $0.moveAside() }
        opening = nil
        changesNoted += 1
        guard let moved else {
            // It stays where it is, closed: its messages come after those in memory when it can be opened again.
            committed = tail.start
            return false
        }
        logger.note(.spoolDamaged(movedTo: moved))
        account.giveUpCounting(stored: stored)
        account.drop(onlyOnDisk, reason: "the spool was damaged; it is kept as \(moved)")
        found = nil
        stored = MessageCounts()
        committed = tail.start
        return true
    }

    /// Has the next commit deal with a read that failed.
    func noteReadFailure(_ failure: DiskFailure) {
        // While the disk fails anyway, the next try will tell.
        guard health.isWorking else { return }
        readFailure = failure
        schedule.beginNow()
    }

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
            try await jobs.disk.checkPlace()
        } catch {
            noteReadFailure(error)
        }
    }

    /// Writes the open database anew.
    ///
    /// - Throws: `SpoolRefusal.inUse` when another hsmwatch has taken the directory meanwhile; else `SpoolDisplaced`,
    ///   with the reason.
    private func restore() async throws {
        do {
            let foreign = try await jobs.ask(within: Liveness.openingGrace) { try await $0.restore() }
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
