// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

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
