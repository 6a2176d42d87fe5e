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
