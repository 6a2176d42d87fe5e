// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchSimulation

/// With the payloads of Graylog's `SyslogCodecTest` and of syslog4j's own tests.
@Suite("Graylog's rules for a syslog message")
struct SyslogRulesTests {
    /// 2026-11-24 02:00:00 UTC.
    private static let now = Timestamp(milliseconds: 1_795_485_600_000)
    private static let header = "<165>1 2003-10-11T22:14:15.003Z h app - "
    private static let noTime = "no time could be read: stored with the time of receipt"
    private static let noData =
        "no structured data, or none behind a MSGID: what stands in their place is stored as text"

    private func decode(_ text: String) -> ReceivedMessage {
        SyslogRules.decode(Array(text.utf8), from: "198.51.100.42", at: Self.now, in: .utc)
    }

    /// The fields of a message, besides those that its header makes.
    private func additional(_ text: String) throws -> [String: FieldValue] {
        let header: Set = ["facility", "facility_num", "level", "message", "source", "timestamp"]
        return try #require(decode(text).stored).fields.filter { !header.contains($0.key) }
    }

    // MARK: RFC 5424

    @Test("store structured data as fields, all of them strings")
    func structured() throws {
        let message = try #require(
            decode(
                #"<165>1 2012-12-25T22:14:15.003Z mymachine.example.com evntslog - - [exampleSDID@32473 iut="3" "#
                    + #"eventSource="Application" eventID="1011"] BOMAn application event log entry"#
            ).stored)
        #expect(
            message.fields == [
                "message": .string("BOMAn application event log entry"), "source": .string("mymachine.example.com"),
                "timestamp": .string("2012-12-25 22:14:15.003"), "level": .long(5), "facility": .string("local4"),
                "facility_num": .long(20), "iut": .string("3"), "eventSource": .string("Application"),
                "eventID": .string("1011"), "application_name": .string("evntslog"),
            ])
        #expect(message.warnings == [])
        #expect(message.droppedFields == [])
    }

    @Test(
        "store as text what stands behind structured data, or behind two dashes",
        arguments: [
            ("- - tralala", "tralala"),
            ("- - %% It's time to make the do-nuts.", "%% It's time to make the do-nuts."),
            (#"- - [no="1"] text"#, #"[no="1"] text"#),
            (#"- [a b="1"] text"#, "text"),
            (#"-  [a b="1"] text"#, "text"),
            (#"- [a b="1"]Xtext"#, "text"),
            (#"- [a b="1"]  text "#, "text"),
            (#"- [a] text"#, "text"),
            (#"- [a b="1"][c d="2"] text [more]"#, "text [more]"),
            (#"- [0@0] text"#, "text"),
            ("- - \u{FEFF}text", "\u{FEFF}text"),
        ])
    func text(rest: String, text: String) throws {
        let message = try #require(decode(Self.header + rest).stored)
        #expect(message.string("message") == text)
        #expect(message.warnings == (text.hasPrefix("\u{FEFF}") ? ["the text begins with a BOM"] : []))
    }

    @Test(
        "store MSGID and structured data as text where Graylog's parser gives up",
        arguments: [
            "ID47 - BOM'su root' failed for lonvick on /dev/pts/8",
            "- -", "ID47 - text [x] more",
            #"[a b="1"] text"#, #"- [a b="1" text"#, #"- [a b=1] text"#, #"- [a b="1"c="2"] text"#,
            #"- [a b="1] text"#, #"- [a b] text=x"#,
        ])
    func unstructured(rest: String) throws {
        let message = try #require(decode(Self.header + rest).stored)
        #expect(message.string("message") == rest.trimmed)
        #expect(message.warnings == [Self.noData])
        #expect(try additional(Self.header + rest) == ["application_name": .string("app")])
    }

    @Test("drop a message whose structured data make Graylog's parser fail")
    func unreadableData() {
        let reason = "unreadable: structured data that break off"
        #expect(decode(Self.header + "- [a b] text=").dropReason == reason)
    }

    @Test("store the MSGID nowhere, except with the rest when there is no text")
    func messageID() throws {
        let data = #"RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.39 source-address="1.2.3.4" encrypted="No"]"#
        let message = try #require(decode("<14>1 2014-05-01T08:26:51.179Z fw01 RT_FLOW - " + data).stored)
        #expect(message.string("message") == data)
        #expect(message.string("source-address") == "1.2.3.4")
        #expect(message.warnings == ["the text is empty: MSGID and structured data are stored as text"])
        let reason = "\"RT_FLOW_SESSION_DENY\" is not stored"
        #expect(message.droppedFields == [StoredMessage.DroppedField(name: "MSGID", reason: reason)])
    }

    @Test(
        "delete every backslash of a value, and tell when one is missing then",
        arguments: [
            (#"a\"b\]c"#, #"a"b]c"#, []),
            (#"a\\b"#, "ab", ["the backslashes of v are lost"]),
            (#"C:\dir"#, "C:dir", ["the backslashes of v are lost"]),
        ])
    func backslashes(value: String, stored: String, warnings: [String]) throws {
        let message = try #require(decode(Self.header + #"- [a v="\#(value)"] text"#).stored)
        #expect(message.string("v") == stored)
        #expect(message.warnings == warnings)
    }

    @Test("let structured data replace the message's own fields")
    func replace() throws {
        let data =
            #"[a level="high" message="other" source="else" timestamp="2020-01-02T03:04:05.678+01:00" facility="x"]"#
        let message = try #require(decode(Self.header + "- \(data) text").stored)
        #expect(message.string("level") == "high")
        #expect(message.string("message") == "other")
        #expect(message.string("source") == "else")
        #expect(message.string("facility") == "x")
        #expect(message.string("timestamp") == "2020-01-02 02:04:05.678")
        #expect(
            message.warnings
                == ["facility", "level", "message", "source", "timestamp"]
                .map { "\($0) of the structured data replaces the message's own" })
        let odd = try #require(decode(Self.header + #"- [a timestamp="soon"] text"#).stored)
        #expect(odd.timestamp == Self.now)
    }

    @Test(
        "lose fields, but not the message",
        arguments: [
            (#"_id="1""#, "_id", "reserved name"), (#"_source="1""#, "_source", "reserved name"),
            (#"a+b="1""#, "a+b", "a name may have only letters, digits and . @ _ -"),
            (#"b=" ""#, "b", "a blank string"),
        ])
    func loseFields(parameter: String, name: String, reason: String) throws {
        let message = try #require(decode(Self.header + "- [a \(parameter)] text").stored)
        #expect(message.droppedFields == [StoredMessage.DroppedField(name: name, reason: reason)])
        #expect(message.fields[name] == nil)
    }

    @Test("take application and process from the header, not from parameters of these names")
    func names() throws {
        let data = #"[a application_name="x" process_id="y" user-agent="z" b.c="1" b.c="2"] text"#
        let text = "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - \(data)"
        #expect(
            try additional(text) == [
                "application_name": .string("myproc"), "process_id": .string("8710"), "user-agent": .string("z"),
                "b.c": .string("2"),
            ])
        #expect(try additional(text.replacing("myproc 8710", with: "- -"))["process_id"] == .string("y"))
    }

    @Test(
        "read the time of RFC 5424, cut to milliseconds",
        arguments: [
            ("2003-08-24T05:14:15.000003-07:00", "2003-08-24 12:14:15.000"),
            ("2015-01-11T16:35:21.335797+01:00", "2015-01-11 15:35:21.335"),
            ("1985-04-12T23:20:50.52Z", "1985-04-12 23:20:50.520"),
            ("2014-10-21T10:21:09+00:00", "2014-10-21 10:21:09.000"),
            ("2014-10-21T10:21:09", "2014-10-21 10:21:09.000"),
            ("2000-02-29", "2000-02-29 00:00:00.000"),
        ])
    func time(text: String, stored: String) throws {
        let message = try #require(decode("<45>1 \(text) h app 1 - - text").stored)
        #expect(message.string("timestamp") == stored)
        #expect(message.string("message") == "text")
    }

    @Test(
        "drop a message with a time that begins with a digit and is none",
        arguments: [
            "2003-13-01T00:00:00Z", "2003-02-29T00:00:00Z", "2003-01-01T24:00:00Z", "2003-01-01T00:00:60Z", "20x",
        ])
    func badTime(text: String) {
        let reason = "unreadable: \"\(text)\" is not a date"
        #expect(decode("<45>1 \(text) host app 1 - - text").dropReason == reason)
    }

    @Test("take the wrong words for host and names when the time is a dash, as Graylog's parser does")
    func nilTime() throws {
        let message = try #require(decode("<45>1 - host app 1 - [a b=\"1\"] text").stored)
        #expect(message.warnings.first == Self.noTime)
        #expect(message.string("source") == "1")
        #expect(message.string("application_name") == nil)
        #expect(message.string("process_id") == "[a")
        #expect(message.string("message") == "b=\"1\"] text")
    }

    // MARK: RFC 3164, and less

    @Test(
        "leave host and tag of RFC 3164 in the text",
        arguments: [
            ("<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "10-11 22:14:15", "mymachine", 2, 4, 0),
            ("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "02-05 17:32:18", "10.0.0.99", 5, 1, 0),
            ("<13>Feb 5 17:32:18 10.0.0.99 Use the BFG!", "02-05 17:32:18", "10.0.0.99", 5, 1, -1),
            ("<11>Oct 05 12:23:34 hostname tag: hello world", "10-05 12:23:34", "hostname", 3, 1, 0),
            ("<45>Oct 21 12:09:37 c4dc57ba1ebb syslog-ng[7208]: up", "10-21 12:09:37", "c4dc57ba1ebb", 5, 5, 0),
        ])
    func bsd(text: String, time: String, host: String, level: Int, facility: Int, shift: Int) throws {
        let message = try #require(decode(text).stored)
        #expect(message.string("timestamp") == "2026-\(time).000")
        #expect(message.string("source") == host)
        #expect(message.integer("level") == level)
        #expect(message.integer("facility_num") == facility)
        #expect(message.string("message") == String(text.dropFirst(20 + shift)))
        #expect(message.warnings == [])
    }

    @Test("take a time of ISO 8601 instead of that of RFC 3164")
    func iso8601() throws {
        let message = try #require(decode("<6>2016-10-12T14:10:18Z hostname testmsg[20]: Test").stored)
        #expect(message.string("message") == "hostname testmsg[20]: Test")
        #expect(message.string("timestamp") == "2016-10-12 14:10:18.000")
        #expect(message.string("source") == "hostname")
        #expect(message.string("facility") == "kernel")
    }

    @Test("call version 0 RFC 5424, too")
    func versionZero() throws {
        let message = try #require(decode("<6>0 2017-02-15T16:01:07.000+01:00 hostname test - - -  test 4").stored)
        #expect(message.string("message") == "test 4")
        #expect(message.string("timestamp") == "2017-02-15 15:01:07.000")
        #expect(message.string("application_name") == "test")
    }

    @Test(
        "take the first word for the host, when there is no time",
        arguments: [
            ("<13>no time is in this message", "no", "no time is in this message"),
            ("<13>short", "198.51.100.42", "short"),
            ("<13> text", "198.51.100.42", "text"),
            ("<13>Foo 11 22:14:15 mymachine text", "Foo", "Foo 11 22:14:15 mymachine text"),
        ])
    func noTime(text: String, host: String, stored: String) throws {
        let message = try #require(decode(text).stored)
        #expect(message.timestamp == Self.now)
        #expect(message.string("source") == host)
        #expect(message.string("message") == stored)
        #expect(message.warnings == [Self.noTime])
    }

    @Test("store a text without a priority as it is", arguments: ["no priority", "<x>text", "<1234>text", "<>text"])
    func noPriority(text: String) throws {
        let message = try #require(decode(text).stored)
        #expect(message.string("message") == text)
        #expect(message.string("facility") == "Unknown")
        #expect(message.integer("level") == -1)
        #expect(message.integer("facility_num") == -1)
        #expect(message.warnings == [Self.noTime, "no priority could be read"])
    }

    @Test(
        "drop what has no text, and what the receiver does not read",
        arguments: [
            ("", "an empty message"), ("<13>", "the message is empty"), ("<13>  ", "the message is empty"),
            (
                "<186>1541800: Feb 27 06:08:59.485: %HARDWARE-2-FAN_ERROR: Fan Failure",
                "a dialect of Cisco or FortiGate: Graylog would read it, this receiver does not"
            ),
            (
                "<45>date=2017-03-06 time=12:53:10 devname=DEVICENAME",
                "a dialect of Cisco or FortiGate: Graylog would read it, this receiver does not"
            ),
            ("<13>2024withoutanyblank", "unreadable: a date that does not end"),
        ])
    func drops(text: String, reason: String) {
        #expect(decode(text).dropReason == reason)
    }

    @Test(
        "name the facility as Graylog does",
        arguments: zip(
            0...25,
            [
                "kernel", "user-level", "mail", "system daemon", "security/authorization", "syslogd", "line printer",
                "network news", "UUCP", "clock", "security/authorization", "FTP", "NTP", "log audit", "log alert",
                "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", "Unknown",
                "Unknown",
            ]))
    func facilities(number: Int, name: String) throws {
        let message = try #require(decode("<\(number * 8 + 6)>Oct 11 22:14:15 h text").stored)
        #expect(message.string("facility") == name)
        #expect(message.integer("facility_num") == number)
        #expect(message.integer("level") == 6)
    }
}
