// SPDX-License-Identifier: Apache-2.0

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
