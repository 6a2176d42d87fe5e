// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore

/// Turns the schedule into ticks: one Dispatch timer, always set to the target that is due first.
@ServiceLoop
package final class PollTimer {
    private var schedule = Schedule()
    private var ticks: [Ticks] = []
    private let source: any DispatchSourceTimer
    private var isStopped = false

    package init() {
        source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "hsmwatch.poll-timer"))
    }

    /// When the timer must have fired; nil without targets or after the stop.
    package var deadline: Instant? {
        isStopped ? nil : schedule.deadline
    }

    /// Adds a target; its first tick comes within one interval.
    package func add(name: String, interval: Duration, at now: Instant) -> Ticks {
        _ = schedule.add(name: name, interval: interval, at: now)
        return addTicks()
    }

    /// Adds a target that somebody waits for, with its first tick.
    package func add(interval: Duration, first: Instant) -> Ticks {
        _ = schedule.add(interval: interval, first: first)
        return addTicks()
    }

    package func start() {
        source.setEventHandler { @Sendable [weak self] in
            Task { @ServiceLoop in self?.fire() }
        }
        arm()
        source.activate()
    }

    /// Ends every target's ticks. A stopped timer does not start again.
    package func stop() {
        guard !isStopped else { return }
        isStopped = true
        source.cancel()
        ticks.forEach { $0.finish() }
    }

    private func addTicks() -> Ticks {
        let added = Ticks()
        ticks.append(added)
        return added
    }

    private func fire() {
        guard !isStopped else { return }
        let now = Instant.now
        while let tick = schedule.next(at: now) {
            ticks[tick.target].deliver(tick)
        }
        arm()
    }

    private func arm() {
        guard let deadline = schedule.deadline else { return }
        source.schedule(deadline: deadline.dispatchTime, leeway: .milliseconds(1))
    }
}

/// One target's ticks, for the one task that polls it.
@ServiceLoop
package final class Ticks {
    private var waiting: CheckedContinuation<Schedule.Tick?, Never>?
    private var isFinished = false
    /// Ticks since the last one that nobody was waiting for, because the probe before was still running.
    private var skipped = 0

    /// Returns at the next tick, with how many were skipped before it; nil when there are no more.
    package func next() async -> Int? {
        let tick = await withCheckedContinuation { continuation in
            guard !isFinished else { return continuation.resume(returning: Schedule.Tick?.none) }
            waiting = continuation
        }
        guard let tick else { return nil }
        defer { skipped = 0 }
        return skipped + tick.missed
    }

    fileprivate func deliver(_ tick: Schedule.Tick) {
        guard let waiting else {
            skipped += 1 + tick.missed
            return
        }
        self.waiting = nil
        waiting.resume(returning: tick)
    }

    fileprivate func finish() {
        isFinished = true
        waiting?.resume(returning: nil)
        waiting = nil
    }
}
