// SPDX-License-Identifier: Apache-2.0

/// Wakes one waiting task; a signal that comes while nobody waits is kept, and several are one.
@ServiceLoop
package final class Signal {
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

    /// Returns at the next signal. Whoever owns the signal raises it at the latest when it stops.
    package func wait() async {
        if isRaised {
            isRaised = false
            return
        }
        await withCheckedContinuation { waiting = $0 }
    }
}
