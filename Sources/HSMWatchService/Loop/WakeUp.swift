// SPDX-License-Identifier: Apache-2.0

/// Wakes one waiting task. A call that comes before the task waits is kept; several such calls count as one. A second task
/// that waits at the same time is a bug, and ends the process.
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

    /// Returns at the next call. Whoever owns this calls at the latest when it stops.
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
