// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Calls a state machine at its next deadline, which may change whenever something happens.
///
/// It calls only when the loop has handled all that the kernel had at the deadline: on a busy machine, and after a pause of
/// the process, what a peer has sent in time is seen first.
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
