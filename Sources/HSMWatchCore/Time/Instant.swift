// SPDX-License-Identifier: Apache-2.0

/// A point on the monotonic clock: nanoseconds since an arbitrary start, never set back.
///
/// Only distances mean anything. Core never reads a clock; whoever calls it says what time it is, so that a test can
/// let a day pass in a millisecond.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's start; 292 years fit.
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds + duration.wholeNanoseconds)
    }

    package static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds - duration.wholeNanoseconds)
    }

    package static func - (later: Instant, earlier: Instant) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }
}

extension Duration {
    /// The duration in nanoseconds, cut to a whole number.
    package var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// The duration in milliseconds, cut to a whole number.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The duration in seconds, cut to a whole number.
    package var wholeSeconds: Int64 {
        components.seconds
    }
}
