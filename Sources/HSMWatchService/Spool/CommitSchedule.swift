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

/// Whether the spool's disk works, and when to try it again.
///
///     working ──failed──▶ failing ──retry──▶ failing …
///        ▲                   │
///        └──────worked───────┘
///
/// A damaged database is replaced and tried at once; when its replacement fails too, the disk is at fault and must
/// wait.
struct DiskHealth {
    private enum State {
        case working
        case failing(retryAt: Instant)
    }

    /// What a failure asks for.
    enum Response {
        /// A sound database has taken the place of the damaged one.
        case tryAgain
        /// The disk has worked until now.
        case goOnInMemory
        /// The disk has failed before.
        case wait
    }

    /// How long a disk that failed is left alone.
    let retryInterval: Duration

    private var state = State.working
    /// Whether nothing was written since a damaged database was replaced.
    private var isReplacement = false

    init(retryInterval: Duration) {
        self.retryInterval = retryInterval
    }

    /// When to try the disk again; nil while it works.
    var retryAt: Instant? {
        switch state {
        case .working: nil
        case .failing(let retryAt): retryAt
        }
    }

    var isWorking: Bool { retryAt == nil }

    func mayTry(at now: Instant) -> Bool {
        retryAt.map { $0 <= now } ?? true
    }

    /// - Parameter replaced: whether a damaged database was moved out of the way, so that a new one can begin.
    mutating func failed(replaced: Bool, at now: Instant) -> Response {
        if replaced, !isReplacement {
            isReplacement = true
            return .tryAgain
        }
        defer { state = .failing(retryAt: now + retryInterval) }
        return isWorking ? .goOnInMemory : .wait
    }

    /// A commit has succeeded. Answers whether the disk had failed before.
    mutating func worked() -> Bool {
        defer {
            state = .working
            isReplacement = false
        }
        return !isWorking
    }
}

/// Repeats what a read error of the disk has stopped: one that goes away is no damage of the database.
struct ReadRetry {
    /// The distances of the attempts. All of them together are far below what the watchdog allows the spool
    /// (`Liveness.spoolGrace`).
    static let waits: [Duration] = [.milliseconds(100), .milliseconds(400), .seconds(2)]

    private var waits: ArraySlice<Duration>

    init(waits: [Duration] = Self.waits) {
        self.waits = waits[...]
    }

    /// Whether an error is worth another attempt, and one is left.
    func mayFollow(_ error: any Error) -> Bool {
        SpoolFile.isReadError(error) && !waits.isEmpty
    }

    /// Waits for the next attempt, without a thread. Answers whether there is to be one: not when this was the last,
    /// when the error is another, or when the task is cancelled.
    mutating func isDue(after error: any Error) async -> Bool {
        guard mayFollow(error) else { return false }
        return (try? await Task.sleep(for: waits.removeFirst())) != nil
    }
}
