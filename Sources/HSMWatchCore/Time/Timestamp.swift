// SPDX-License-Identifier: Apache-2.0

/// A point in civil time, in milliseconds since 1970-01-01 00:00 UTC: Graylog's precision.
package struct Timestamp: Comparable, Hashable, Sendable {
    /// Milliseconds since the Unix epoch.
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
