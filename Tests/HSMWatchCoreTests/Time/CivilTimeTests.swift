// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Times of the calendar")
struct CivilTimeTests {
    @Test(
        "as date(1) and syslog write them",
        arguments: [
            (0, 0, "Thu Jan  1 00:00:00 UTC 1970", "Jan  1 00:00:00"),
            (951_827_696_789, 0, "Tue Feb 29 12:34:56 UTC 2000", "Feb 29 12:34:56"),
            (1_795_484_570_000, 0, "Tue Nov 24 01:42:50 UTC 2026", "Nov 24 01:42:50"),
            (1_795_484_570_000, 18_000, "Tue Nov 24 06:42:50 UTC 2026", "Nov 24 06:42:50"),
            (1_795_484_570_000, -36_000, "Mon Nov 23 15:42:50 UTC 2026", "Nov 23 15:42:50"),
            (-1, 0, "Wed Dec 31 23:59:59 UTC 1969", "Dec 31 23:59:59"),
        ] as [(Int64, Int, String, String)])
    func texts(milliseconds: Int64, offset: Int, date: String, syslog: String) {
        let time = Timestamp(milliseconds: milliseconds).civil(offset: offset)
        #expect(time.dateText(zone: "UTC") == date)
        #expect(time.syslogText == syslog)
    }

    @Test("a time of RFC 3339 has its milliseconds")
    func rfc3339() {
        #expect(Timestamp(milliseconds: 1_785_432_180_007).rfc3339Text == "2026-07-30T17:23:00.007Z")
    }
}
