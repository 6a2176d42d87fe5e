// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// `yyyy-MM-dd HH:mm:ss UTC`.
    package var utcText: String { "\(graylogText.dropLast(4)) UTC" }

    /// The form in which Graylog stores a time: `yyyy-MM-dd HH:mm:ss.SSS`, in UTC.
    package var graylogText: String {
        let millisecondsPerDay: Int64 = 86_400_000
        let (dayQuotient, dayRemainder) = milliseconds.quotientAndRemainder(dividingBy: millisecondsPerDay)
        let days = dayRemainder < 0 ? dayQuotient - 1 : dayQuotient
        let time = dayRemainder < 0 ? dayRemainder + millisecondsPerDay : dayRemainder
        let (year, month, day) = Self.date(daysSinceEpoch: days)
        let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60)
        let date = "\(Self.digits(year, 4))-\(Self.digits(month))-\(Self.digits(day))"
        let clock = "\(Self.digits(hour)):\(Self.digits(minute)):\(Self.digits(second))"
        return "\(date) \(clock).\(Self.digits(time % 1000, 3))"
    }

    /// The Gregorian date; Howard Hinnant's `civil_from_days`, with years that begin in March.
    private static func date(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func digits(_ number: Int64, _ width: Int = 2) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
