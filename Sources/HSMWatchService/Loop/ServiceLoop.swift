// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// The one event loop that the whole service runs on.
///
/// What is marked `@ServiceLoop` shares its state without a lock, and the compiler proves it. A socket's event, the
/// task that waits for it and the state that both touch are on one thread, so a poll costs no hop.
@globalActor
package actor ServiceLoop {
    package static let shared = ServiceLoop()

    /// The loop itself, for channels and timeouts.
    package nonisolated let eventLoop: any EventLoop
    /// Runs on the loop what is marked `@ServiceLoop`, and as a task's preference what belongs to no actor, the
    /// libraries' own tasks among it.
    package nonisolated let executor: EventLoopExecutor

    private init() {
        eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        executor = EventLoopExecutor(eventLoop)
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
}

/// An event loop as an executor of tasks and of actors at once.
///
/// It says both whenever it runs a job: were one of them missing, the runtime would take every call from one isolated
/// function to another for a change of executors, and each would go through the loop's queue.
package final class EventLoopExecutor: TaskExecutor, SerialExecutor {
    private let eventLoop: any EventLoop

    fileprivate init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute {
            job.runSynchronously(isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }

    package func checkIsolated() {
        eventLoop.preconditionInEventLoop()
    }
}

extension Instant {
    /// Now, on the clock that Dispatch timers use (`CLOCK_MONOTONIC`).
    package static var now: Instant {
        Instant(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds))
    }

    /// The same instant for a Dispatch timer.
    var dispatchTime: DispatchTime {
        DispatchTime(uptimeNanoseconds: UInt64(max(1, nanoseconds)))
    }
}

extension Timestamp {
    /// Now, on the civil clock (`CLOCK_REALTIME`).
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension Moment {
    /// Now, on both clocks.
    package static var now: Moment {
        Moment(instant: .now, timestamp: .now)
    }
}

/// Calls a state machine at its next deadline, which may change whenever something happens.
///
/// It calls only when the loop has handled all that the kernel had at the deadline: on a busy machine, and after a
/// pause of the process, what a peer has sent in time is seen first.
@ServiceLoop
final class DeadlineTimer {
    private var next: (at: Instant, scheduled: DelayedWork)?
    /// Tells a deadline that is being looked for from one that was set later.
    private var settings = 0

    /// Calls `fire` after the deadline, unless another one is set before; nil sets none.
    func set(_ deadline: Instant?, fire: @escaping () -> Void) {
        guard deadline != next?.at else { return }
        next?.scheduled.cancel()
        settings += 1
        let setting = settings
        next = deadline.map { deadline in
            (
                deadline,
                ServiceLoop.after(max(.zero, deadline - .now)) { [weak self] in
                    ServiceLoop.afterNetwork {
                        guard let self, self.settings == setting else { return }
                        self.next = nil
                        fire()
                    }
                }
            )
        }
    }
}

/// Something that is done later on the event loop, unless it is cancelled there.
package final class DelayedWork {
    private var work: (() -> Void)?
    private var scheduled: Scheduled<Void>?

    /// - Parameter loop: the one that this runs on.
    init(on loop: any EventLoop, after delay: Duration, _ work: @escaping () -> Void) {
        self.work = work
        scheduled = loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.wholeNanoseconds)) { self.run() }
    }

    /// Prevents it, even when it is due: what the loop has taken out of its queue to run, it runs.
    package func cancel() {
        work = nil
        scheduled?.cancel()
    }

    private func run() {
        let due = work
        work = nil
        due?()
    }
}

extension ServiceLoop {
    /// Does something later, on the loop.
    @ServiceLoop
    @discardableResult
    package static func after(_ delay: Duration, do work: @escaping () -> Void) -> DelayedWork {
        DelayedWork(on: shared.eventLoop, after: delay, work)
    }
}

/// Wakes one waiting task. A call that comes before the task waits is kept; several such calls count as one. A second
/// task that waits at the same time is a bug, and ends the process.
@ServiceLoop
package final class WakeUp {
    private var waiting: CheckedContinuation<Void, Never>?
    private var isRaised = false

    package init() {}

    package func raise() {
        guard let waiting else {
            isRaised = true
            return
        }
        self.waiting = nil
        waiting.resume()
    }

    /// Returns at the next call. The owner must call `raise()` on shutdown.
    package func wait() async {
        await withCheckedContinuation { continuation in
            // In here, because the call itself may suspend: a call between a look outside and this would be lost.
            guard !isRaised else {
                isRaised = false
                return continuation.resume()
            }
            precondition(waiting == nil, "two tasks wait for one wake-up")
            waiting = continuation
        }
    }
}

/// Tasks of one part of the service, some of which come while others run.
@ServiceLoop
final class TaskPool {
    private var coming: [@ServiceLoop () async -> Void] = []
    private var isFinished = false
    private let wake = WakeUp()

    /// Adds a task, which begins when `run` comes to it. After `finish` none begins.
    func add(_ task: @escaping @ServiceLoop () async -> Void) {
        coming.append(task)
        wake.raise()
    }

    /// Lets `run` return when the tasks that have begun have ended.
    func finish() {
        isFinished = true
        wake.raise()
    }

    /// Runs the tasks until `finish`, and returns when all have ended. A cancellation is theirs to hear.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !isFinished {
                for task in coming {
                    group.addTask { await task() }
                }
                coming = []
                await wake.wait()
            }
        }
    }
}

/// This boot of the machine, which the monotonic clock belongs to.
package enum Boot {
    /// The kernel's name for it (random(4)); nil when it is unknown.
    package static let id = id(
        in: "/proc/sys/kernel/random/boot_id", else: ProcessInfo.processInfo.environment["HSMWATCH_BOOT_ID"])

    /// More than the file has: 36 characters and a line feed.
    private static let limit = 64

    /// The boot that a file names; where the unit hides that file, the name that the unit hands over. The same boot is
    /// written with hyphens by the kernel, and without by systemd.
    static func id(in file: String, else given: String?) -> String? {
        let bytes = try? RegularFile.read(file, limit: limit)
        let text = bytes.map { String(decoding: $0, as: UTF8.self) } ?? given ?? ""
        let digits = text.lowercased().filter { !$0.isWhitespace && $0 != "-" }
        return digits.count == 32 && digits.allSatisfy { $0.isASCII && $0.isHexDigit } ? digits : nil
    }
}
