// SPDX-License-Identifier: Apache-2.0

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
