// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What an earlier process may have lost.
extension Spool {
    /// What to tell of it; nil when there is nothing to tell. The caller appends it before it waits for anything: the
    /// commit that takes the message also forgets the loss.
    package func takeLoss() -> String? {
        defer { missingSince = nil }
        return missingSince.map {
            "the last run did not close the spool; messages since \($0.utcText) may be missing"
        }
    }
}
