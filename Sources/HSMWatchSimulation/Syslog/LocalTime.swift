// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// The zone of a time that names none: Graylog takes its server's.
enum LocalTime: Sendable {
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
