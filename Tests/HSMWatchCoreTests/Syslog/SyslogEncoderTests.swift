// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Syslog")
struct SyslogEncoderTests {
    private static let head = #"{"version":"1.1","host":"monitor-1","timestamp":1785432180.123,"level":4"#

    private static func encode(_ body: String, _ configuration: SyslogConfiguration = SyslogConfiguration()) -> String {
        String(
            decoding: SyslogEncoder(configuration) { _ in .utc }.encode(
                Array(body.utf8), spooledAt: Timestamp(milliseconds: 7)), as: UTF8.self)
    }

    private static func body(_ rest: String) -> String { head + "," + rest + "}" }

    @Test("the priority is of the facility and the message's level", arguments: SyslogFacility.allCases)
    func priority(facility: SyslogFacility) {
        let words = [
            "kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8,
            "cron": 9, "authpriv": 10, "ftp": 11, "local0": 16, "local1": 17, "local2": 18, "local3": 19, "local4": 20,
            "local5": 21, "local6": 22, "local7": 23,
        ]
        let text = Self.encode(Self.body(#""short_message":"m""#), SyslogConfiguration(facility: facility))
        #expect(words[facility.rawValue].map { text.hasPrefix("<\($0 * 8 + 4)>1 ") } == true)
    }

    @Test("quotes and brackets are escaped, and a slash stands for the backslash that Graylog deletes")
    func escapes() {
        let text = Self.encode(Self.body(#""short_message":"a\"]\\b","_x":"a\"]\\b [0@0]","_y":5"#))
        #expect(
            text == #"<188>1 2026-07-30T17:23:00.123Z monitor-1 hsmwatch - - "#
                + #"[hsmwatch@32473 x="a\"\]/b [0@0\]" y="5"] a"]\b"#)
        // What Graylog makes of the parameter: it deletes every backslash.
        #expect(text.contains("[0@0]") == false)
    }

    @Test(
        "nothing in a value or a text can begin a line of its own, in either format", arguments: SyslogFormat.allCases)
    func lines(format: SyslogFormat) {
        let text = Self.encode(
            Self.body(#""short_message":"a\nb\r\tc\u0000","_x":"d\u001B\n<1>e""#), SyslogConfiguration(format: format))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 })
        #expect(text.contains("a b  c "))
    }

    @Test(
        "what a disk has changed into what no message says becomes the text of one",
        arguments: [
            #""level":8"#, #""level":-1"#, #""level":9223372036854775807"#, #""level":1.5"#,
            #""timestamp":9223372036854775.807"#, #""timestamp":-1.000"#, #""timestamp":253402300800.000"#,
            #""_a b":1"#, #""_a\nb":1"#, #""_a\"":1"#, #""_":1"#, #""":1"#, #""_é":1"#,
            #""_a23456789012345678901234567890123":1"#,
        ])
    func damaged(field: String) {
        let text = Self.encode(Self.body(#""short_message":"m","# + field))
        #expect(text.hasPrefix("<187>1 1970-01-01T00:00:00.007Z - hsmwatch - - - {"))
    }

    @Test(
        "nothing ends a line that any receiver might read as its end", arguments: SyslogFormat.allCases,
        ["\u{85}", "\u{9B}", "\u{2028}", "\u{2029}", "\u{7F}"])
    func separators(format: SyslogFormat, separator: String) {
        let text = Self.encode(
            Self.body("\"short_message\":\"a\(separator)b\",\"_x\":\"c\(separator)d\""),
            SyslogConfiguration(format: format))
        #expect(text.hasSuffix("a b"))
        #expect(!text.contains(separator))
    }

    @Test("a host is printable ASCII of at most 255 characters")
    func host() {
        let long = String(repeating: "é ", count: 200)
        let text = Self.encode(#"{"version":"1.1","host":"\#(long)","level":6,"timestamp":0.000,"short_message":"m"}"#)
        let host = text.split(separator: " ")[2]
        #expect(host == String(repeating: "_", count: 255))
    }

    @Test("the program's name is what the configuration says, a tag in the old form")
    func appName() {
        let body = Self.body(#""short_message":"m""#)
        #expect(Self.encode(body, SyslogConfiguration(appName: "hsm-conns")).contains(" monitor-1 hsm-conns - - [hsm"))
        let old = SyslogConfiguration(format: .legacy, appName: "hsm-conns-khi")
        #expect(
            Self.encode(body, old)
                == "<188>Jul 30 17:23:00 monitor-1 hsm-conns-khi: Thu Jul 30 17:23:00 UTC 2026 m")
    }

    @Test("only a reading yields the script's line with its numbers", arguments: Sample.all)
    func numbers(sample: Sample) {
        let encoder = SyslogEncoder(SyslogConfiguration(format: .legacy)) { _ in .utc }
        let text = String(
            decoding: encoder.encode(sample.message, spooledAt: Timestamp(milliseconds: 0)), as: UTF8.self)
        let hasNumbers = text.contains("TCP socket connections are consumed out of")
        #expect(hasNumbers == (sample.event.kind == .reading))
    }

    @Test("the script's line, to the byte: date, sentence, two spaces, reply")
    func scriptLine() throws {
        let sample = try #require(Sample.all.first { $0.testDescription == "reading" })
        let encoder = SyslogEncoder(SyslogConfiguration(format: .legacy)) { _ in LocalTime(offset: 18_000, zone: "PKT")
        }
        let text = String(
            decoding: encoder.encode(sample.message, spooledAt: Timestamp(milliseconds: 0)), as: UTF8.self)
        #expect(
            text.hasSuffix(
                "Thu Jul 30 22:23:00 PKT 2026 14 TCP socket connections are consumed out of 64"
                    + " on HSM Host: 10.10.5.6:9010  <2223#50#64#14#>"))
    }

    @Test("parameters have RFC 5424's names, of at most 32 characters, and none that Graylog takes for its own")
    func names() throws {
        for sample in Sample.all {
            for name in try MessageFields(sample.message).names where name.hasPrefix("_") {
                #expect(name.dropFirst().count <= SyslogEncoder.parameterNameLength)
                #expect(!["level", "message", "source", "timestamp"].contains(name.dropFirst()))
            }
        }
    }

    @Test("bytes that are no message become the text of one", arguments: SyslogFormat.allCases)
    func damaged(format: SyslogFormat) {
        let text = Self.encode("{\"host\":\n\"x", SyslogConfiguration(format: format))
        #expect(text == #"<187>1 1970-01-01T00:00:00.007Z - hsmwatch - - - {"host": "x"#)
    }
}
