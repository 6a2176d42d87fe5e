// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Says when the spool's next commit begins.
///
/// Messages are committed in groups. News waits for company only while commits follow each other; what is routine waits
/// a little longer, so that a fleet in good order does not wake the disk for each reading.
@ServiceLoop
final class CommitSchedule {
    /// The distance of two commits while news comes. After a rest the first does not wait.
    nonisolated static let gathering = Duration.milliseconds(20)
    /// How long a message that is routine waits for others: what a sudden end of the process may lose of them.
    nonisolated static let routineDelay = Duration.milliseconds(100)

    private let wake = WakeUp()
    private var planned: (at: Instant, timer: DelayedWork)?
    private var begunAt = Instant(nanoseconds: 0)
    /// Since when a message waits for the next commit.
    private var waitingSince: Instant?

    /// When the next commit must have begun; nil while no message waits for it.
    var deadline: Instant? {
        waitingSince.map { $0 + Liveness.spoolGrace }
    }

    /// When the next commit begins; nil when it is not planned, or due already.
    var due: Instant? { planned?.at }

    /// A message waits from now on.
    func messageWaits(isRoutine: Bool) {
        waitingSince = waitingSince ?? .now
        if isRoutine {
            plan(in: Self.routineDelay)
        } else {
            plan(at: begunAt + Self.gathering)
        }
    }

    func plan(in delay: Duration) {
        plan(at: .now + delay)
    }

    /// The next commit begins then, unless it does so before.
    func plan(at instant: Instant) {
        if let planned {
            guard instant < planned.at else { return }
            planned.timer.cancel()
        }
        let delay = instant - .now
        guard delay > .zero else { return beginNow() }
        planned = (instant, ServiceLoop.after(delay) { self.wake.raise() })
    }

    func beginNow() {
        cancel()
        wake.raise()
    }

    /// Returns when the next commit is due.
    func wait() async {
        await wake.wait()
    }

    /// The commit that was planned begins.
    func begin() {
        cancel()
        begunAt = .now
        waitingSince = nil
    }

    func cancel() {
        planned?.timer.cancel()
        planned = nil
    }
}
