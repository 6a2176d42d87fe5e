// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Calls a state machine at its next deadline, which may change whenever something happens.
@ServiceLoop
final class DeadlineTimer {
    private var next: (at: Instant, scheduled: DelayedWork)?

    /// Calls `fire` at the deadline, unless another one is set before; nil sets none.
    func set(_ deadline: Instant?, fire: @escaping () -> Void) {
        guard deadline != next?.at else { return }
        next?.scheduled.cancel()
        next = deadline.map { deadline in
            (
                deadline,
                ServiceLoop.after(max(.zero, deadline - .now)) { [weak self] in
                    self?.next = nil
                    fire()
                }
            )
        }
    }
}
