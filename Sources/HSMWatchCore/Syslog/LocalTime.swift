// SPDX-License-Identifier: Apache-2.0

/// What tells this machine's time from UTC at a moment.
package struct LocalTime: Hashable, Sendable {
    /// Seconds ahead of UTC.
    package let offset: Int
    /// The zone's abbreviation, such as `PKT`.
    package let zone: String

    package init(offset: Int, zone: String) {
        self.offset = offset
        self.zone = zone
    }

    package static let utc = LocalTime(offset: 0, zone: "UTC")
}
