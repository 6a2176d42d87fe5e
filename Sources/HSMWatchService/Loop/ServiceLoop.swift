// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix

/// The one event loop that the whole service runs on.
///
/// What is marked `@ServiceLoop` shares its state without a lock, and the compiler proves it. A socket's event, the task
/// that waits for it and the state that both touch are on one thread, so a poll costs no hop.
@globalActor
package actor ServiceLoop {
    package static let shared = ServiceLoop()

    /// The loop itself, for channels and timeouts.
    package nonisolated let eventLoop: any EventLoop
    private nonisolated let executor: any SerialExecutor

    private init() {
        eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        executor = eventLoop.executor
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Does something later, on the loop; cancelling what is answered prevents it.
    @ServiceLoop
    @discardableResult
    package static func after(_ delay: Duration, do work: @escaping () -> Void) -> Scheduled<Void> {
        shared.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.wholeNanoseconds), work)
    }
}

/// Runs on the service's loop what belongs to no actor, the libraries' own tasks among it.
package final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
