// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A message that a limit has taken out of the spool, or a disk that failed.
package struct DroppedMessage: Hashable, Sendable {
    package let position: Int64
    package let kind: Event.Kind

    package init(position: Int64, kind: Event.Kind) {
        self.position = position
        self.kind = kind
    }
}
