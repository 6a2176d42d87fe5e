// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore

/// Turns the schedule into ticks: one Dispatch timer, always set to the target that is due first.
@ServiceLoop
package final class PollTimer {
    private var schedule = Schedule()
    /// By target.
    private var ticks: [Int: Ticks] = [:]
    private let source: any DispatchSourceTimer
    private var isStarted = false
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
        add(schedule.add(name: name, interval: interval, at: now))
    }

    /// Adds a target with a fixed first tick.
    package func add(interval: Duration, first: Instant) -> Ticks {
        add(schedule.add(interval: interval, first: first))
    }

    /// Gives a target another interval; its next tick comes within that.
    package func change(_ changed: Ticks, name: String, interval: Duration, at now: Instant) {
        change([(changed, name, interval)], at: now)
    }

    /// The same for many targets: all at once costs as much as one alone.
    func change(_ changes: [(ticks: Ticks, name: String, interval: Duration)], at now: Instant) {
        schedule.remove(Set(changes.map(\.ticks.target)))
        for (changed, name, interval) in changes {
            ticks[changed.target] = nil
            changed.target = schedule.add(name: name, interval: interval, at: now)
            ticks[changed.target] = changed
        }
        if isStarted { arm() }
    }

    /// Ends the ticks of some targets.
    package func remove(_ ended: [Ticks]) {
        schedule.remove(Set(ended.map(\.target)))
        for ended in ended {
            ticks[ended.target] = nil
            ended.finish()
        }
    }

    package func start() {
        isStarted = true
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
        ticks.values.forEach { $0.finish() }
    }

    private func add(_ target: Int) -> Ticks {
        let added = Ticks(target: target)
        ticks[target] = added
        if isStopped { added.finish() }
        if isStarted { arm() }
        return added
    }

    private func fire() {
        guard !isStopped else { return }
        let now = Instant.now
        while let tick = schedule.next(at: now) {
            ticks[tick.target]?.deliver(tick)
        }
        arm()
    }

    private func arm() {
        guard !isStopped, let deadline = schedule.deadline else { return }
        source.schedule(deadline: deadline.dispatchTime, leeway: .milliseconds(1))
    }
}

/// One target's ticks, for the one task that polls it.
@ServiceLoop
package final class Ticks {
    /// The timer's number for the target.
    fileprivate var target: Int
    private var waiting: CheckedContinuation<Schedule.Tick?, Never>?
    private var isFinished = false
    /// Ticks skipped since the last one, because the probe before was still running.
    private var skipped = 0

    fileprivate init(target: Int) {
        self.target = target
    }

    /// Returns at the next tick, with how many were skipped before it; nil when there are no more.
    package func next() async -> Int? {
        let tick = await withCheckedContinuation { continuation in
            guard !isFinished else { return continuation.resume(returning: Schedule.Tick?.none) }
            precondition(waiting == nil, "two tasks wait for one target's ticks")
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
