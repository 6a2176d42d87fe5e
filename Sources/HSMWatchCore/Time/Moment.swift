// SPDX-License-Identifier: Apache-2.0

/// One point in time on both clocks.
package struct Moment: Hashable, Sendable {
    package let instant: Instant
    package let timestamp: Timestamp

    package init(instant: Instant, timestamp: Timestamp) {
        self.instant = instant
        self.timestamp = timestamp
    }

    /// The moment that was so long before, on both clocks.
    func earlier(by duration: Duration) -> Moment {
        Moment(
            instant: instant - duration,
            timestamp: Timestamp(milliseconds: timestamp.milliseconds - duration.wholeMilliseconds))
    }
}
