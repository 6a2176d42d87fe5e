// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// Reads the two forms of a time that a syslog message can have.
///
/// Source: Joda's `ISODateTimeFormat.dateTimeParser` and Java's `SimpleDateFormat`, as syslog4j uses them. Of what Joda
/// reads, weeks, days of the year and parts of an hour are left out.
enum SyslogTime {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// `2003-10-11T22:14:15.003Z`, of which parts may be missing at the end; `nil` when it is no such time.
    ///
    /// Digits beyond the milliseconds are cut off. Without an offset, it is the zone's time.
    static func iso8601(_ text: String, in zone: InputTimeZone) -> Timestamp? {
        let form = /([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?(?:T(.*))?/
        guard let match = text.wholeMatch(of: form), let year = Int(match.1) else { return nil }
        let (month, day) = (number(match.2, or: 1), number(match.3, or: 1))
        guard (1...12).contains(month), (1...days(of: month, in: year)).contains(day) else { return nil }
        guard let rest = match.4 else {
            return zone.timestamp(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
        }
        let clock =
            /(?:([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})(?:[.,]([0-9]+))?)?)?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?/
        guard let time = rest.wholeMatch(of: clock) else { return nil }
        let (hour, minute, second) = (number(time.1, or: 0), number(time.2, or: 0), number(time.3, or: 0))
        guard hour < 24, minute < 60, second < 60 else { return nil }
        let isFixed = time.5 != nil
        var moment = (isFixed ? InputTimeZone.utc : zone)
            .timestamp(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        moment.milliseconds += milliseconds(time.4) - offset(time.5)
        return moment
    }

    /// `Oct 11 22:14:15`, of the year and the zone of the receiver; `nil` when it is no such time.
    static func bsd(_ text: String, in year: Int, _ zone: InputTimeZone) -> Timestamp? {
        let form = /([A-Za-z]{3}) +([0-9]+) +([0-9]+):([0-9]+):([0-9]+) */
        guard let match = text.wholeMatch(of: form), let month = months.firstIndex(of: match.1.lowercased()) else {
            return nil
        }
        return zone.timestamp(
            year: year, month: month + 1, day: number(match.2, or: 0), hour: number(match.3, or: 0),
            minute: number(match.4, or: 0), second: number(match.5, or: 0))
    }

    private static func number(_ digits: Substring?, or missing: Int) -> Int {
        digits.flatMap { Int($0) } ?? missing
    }

    private static func milliseconds(_ digits: Substring?) -> Int64 {
        let three = ((digits ?? "") + "000").prefix(3)
        return Int64(three) ?? 0
    }

    /// The offset from UTC in milliseconds.
    private static func offset(_ text: Substring?) -> Int64 {
        guard let text, let sign = text.first, sign != "Z" else { return 0 }
        let digits = text.filter(\.isNumber)
        let minutes = number(digits.prefix(2), or: 0) * 60 + number(digits.dropFirst(2), or: 0)
        return Int64(minutes) * (sign == "-" ? -60_000 : 60_000)
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// The zone of a time that names none: Graylog takes its server's.
enum InputTimeZone: Sendable {
    /// This machine's zone.
    case system
    case utc

    /// The year at a moment.
    func year(at moment: Timestamp) -> Int {
        var seconds = time_t(moment.milliseconds / 1000)
        var parts = tm()
        switch self {
        case .system: localtime_r(&seconds, &parts)
        case .utc: gmtime_r(&seconds, &parts)
        }
        return Int(parts.tm_year) + 1900
    }

    /// A civil time as a moment; a day or an hour too many runs into the next month or day, as in mktime(3).
    func timestamp(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Timestamp {
        var parts = tm()
        parts.tm_year = CInt(clamping: year - 1900)
        parts.tm_mon = CInt(clamping: month - 1)
        parts.tm_mday = CInt(clamping: day)
        parts.tm_hour = CInt(clamping: hour)
        parts.tm_min = CInt(clamping: minute)
        parts.tm_sec = CInt(clamping: second)
        parts.tm_isdst = -1
        let seconds =
            switch self {
            case .system: mktime(&parts)
            case .utc: timegm(&parts)
            }
        return Timestamp(milliseconds: Int64(seconds) * 1000)
    }
}
