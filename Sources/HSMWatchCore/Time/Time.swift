// SPDX-License-Identifier: Apache-2.0

/// A point on the monotonic clock: nanoseconds since an arbitrary start, never set back.
///
/// Only distances mean anything. Core never reads a clock; the caller says what time it is, so that a test can
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

extension Duration {
    /// `0.421 ms`: cut to microseconds, which all three decimals show.
    package var millisecondsText: String {
        let microseconds = wholeNanoseconds / 1000
        let decimals = "\(microseconds % 1000)"
        return "\(microseconds / 1000).\(String(repeating: "0", count: 3 - decimals.count))\(decimals) ms"
    }
}

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

extension Timestamp {
    /// `yyyy-MM-dd HH:mm:ss UTC`.
    package var utcText: String {
        let time = civil(offset: 0)
        return "\(time.date) \(time.clock) UTC"
    }

    /// The form in which Graylog stores a time: `yyyy-MM-dd HH:mm:ss.SSS`, in UTC.
    package var graylogText: String {
        let time = civil(offset: 0)
        return "\(time.date) \(time.clock)\(time.fraction)"
    }

    /// `yyyy-MM-ddTHH:mm:ss.SSSZ` (RFC 3339).
    var rfc3339Text: String {
        let time = civil(offset: 0)
        return "\(time.date)T\(time.clock)\(time.fraction)Z"
    }

    /// In the calendar.
    ///
    /// - Parameter offset: seconds ahead of UTC.
    func civil(offset: Int) -> CivilTime {
        CivilTime(self, offset: offset)
    }
}

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

/// A date and a time of day in the Gregorian calendar.
struct CivilTime {
    private static let millisecondsPerDay: Int64 = 86_400_000
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    /// 1970-01-01 was a Thursday.
    private static let weekdayOfEpoch: Int64 = 4

    private let year: Int64
    /// 1 … 12
    private let month: Int
    private let day: Int64
    /// 0 is Sunday.
    private let weekday: Int
    /// Of the day.
    private let milliseconds: Int64

    /// - Parameter offset: seconds ahead of UTC.
    init(_ timestamp: Timestamp, offset: Int) {
        let (days, time) = Self.floored(timestamp.milliseconds + Int64(offset) * 1000, by: Self.millisecondsPerDay)
        milliseconds = time
        weekday = Int(Self.floored(days + Self.weekdayOfEpoch, by: 7).remainder)
        (year, month, day) = Self.date(daysSinceEpoch: days)
    }

    /// `yyyy-MM-dd`
    var date: String { "\(Self.digits(year, 4))-\(Self.digits(Int64(month)))-\(Self.digits(day))" }

    /// `HH:mm:ss`
    var clock: String {
        "\(Self.digits(milliseconds / 3_600_000)):\(Self.digits(milliseconds / 60_000 % 60))"
            + ":\(Self.digits(milliseconds / 1000 % 60))"
    }

    /// `.SSS`
    var fraction: String { ".\(Self.digits(milliseconds % 1000, 3))" }

    /// `Mmm dd hh:mm:ss`, the time of RFC 3164 section 4.1.2.
    var syslogText: String { "\(monthAndDay) \(clock)" }

    /// `Tue Nov 24 01:42:50 UTC 2026`, as date(1) prints it in the C locale.
    func dateText(zone: String) -> String {
        "\(Self.weekdays[weekday]) \(monthAndDay) \(clock) \(zone) \(year)"
    }

    /// A day of one digit has a space before it.
    private var monthAndDay: String { "\(Self.months[month - 1]) \(day < 10 ? " " : "")\(day)" }

    private static func floored(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// The Gregorian date; Howard Hinnant's `civil_from_days`, with years that begin in March.
    private static func date(daysSinceEpoch: Int64) -> (year: Int64, month: Int, day: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), Int(month), day)
    }

    private static func digits(_ number: Int64, _ width: Int = 2) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
