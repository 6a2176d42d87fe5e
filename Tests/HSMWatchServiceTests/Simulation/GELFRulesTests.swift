// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchSimulation

@Suite("Graylog's rules for a GELF message")
struct GELFRulesTests {
    private static let start = #""version":"1.1","host":"example.org""#
    private static let noTime = "\"timestamp\" is missing or not positive: stored with the time of receipt"
    private static let noHost = "\"host\" is missing: stored with the sender's address"

    private func decode(_ text: String) -> ReceivedMessage {
        GELFRules.decode(Array(text.utf8), from: "198.51.100.42", at: Timestamp(milliseconds: 1_500_646_980_661))
    }

    @Test(
        "refuse what Graylog refuses",
        arguments: [
            ("", "invalid JSON: the text ends at byte 0"),
            ("null", "invalid JSON: null"),
            (#"{"short_message":"0"} garbage"#, "invalid JSON: no value begins at byte 22"),
            (#"{\#(start),"short_message":"cut"#, #"invalid JSON: a string does not end at byte 58"#),
            ("[]", #"missing mandatory "short_message" or "message" field"#),
            (#"{\#(start)}"#, #"missing mandatory "short_message" or "message" field"#),
            (#"{"host":42,"short_message":"0"}"#, #"invalid "host": 42"#),
            (#"{"host":null,"short_message":"0"}"#, #"invalid "host": null"#),
            (#"{"host":"","short_message":"0"}"#, #"empty mandatory "host" field"#),
            (#"{"host":"      ","short_message":"0"}"#, #"empty mandatory "host" field"#),
            (#"{\#(start),"short_message":42}"#, #"invalid "short_message": 42"#),
            (#"{\#(start),"message":42}"#, #"invalid "message": 42"#),
            (#"{\#(start),"short_message":""}"#, #"empty mandatory "short_message" field"#),
            (#"{\#(start),"short_message":"     "}"#, #"empty mandatory "short_message" field"#),
            (#"{\#(start),"message":""}"#, #"empty mandatory "message" field"#),
            (#"{\#(start),"message":"     "}"#, #"empty mandatory "message" field"#),
            (
                #"{\#(start),"short_message":"","message":"m"}"#,
                #""short_message" is blank, and "message" does not stand in for it"#
            ),
            ("\u{1F}\u{8B}", "invalid JSON: no value begins at byte 0"),
            ("x\u{01}", "compressed or chunked, which does not work over TCP"),
        ])
    func refuse(text: String, reason: String) {
        #expect(decode(text).dropReason == reason)
    }

    @Test(
        "refuse compressed and chunked frames",
        arguments: [[0x1F, 0x8B, 8], [0x78, 0x9C, 3], [0x1E, 0x0F, 1]] as [[UInt8]])
    func refuseCompressed(frame: [UInt8]) {
        let received = GELFRules.decode(frame, from: "192.0.2.1", at: Timestamp(milliseconds: 0))
        #expect(received.dropReason == "compressed or chunked, which does not work over TCP")
    }

    @Test(
        "tell of compressed messages that Graylog would decode, over UDP and HTTP",
        arguments: [OutputKind.gelfUDP, .gelfHTTP])
    func refuseDecodable(type: OutputKind) {
        for (frame, reason) in [
            ([0x1F, 0x8B, 8], "compressed: Graylog would decode it, this receiver does not"),
            ([0x78, 0x9C, 3], "compressed: Graylog would decode it, this receiver does not"),
            ([0x1E, 0x0F, 1], "a chunk where a message should be"),
        ] as [([UInt8], String)] {
            let received = GELFRules.decode(frame, from: "192.0.2.1", at: Timestamp(milliseconds: 0), over: type)
            #expect(received.dropReason == reason)
        }
    }

    @Test("show the beginning of a refused frame")
    func showFrame() {
        let text = String(repeating: "x", count: 2 * ReceivedMessage.keptFrameLength)
        let reason = "invalid JSON: no value begins at byte 0"
        let frame = String(repeating: "x", count: ReceivedMessage.keptFrameLength)
        #expect(decode(text) == .dropped(reason: reason, frame: frame))
    }

    @Test("store a complete message with exactly its fields")
    func storeComplete() throws {
        let text = #"""
            {\#(Self.start),"short_message":"A short message","full_message":"Backtrace here\n\nMore stuff",
            "timestamp":1385053862.3072,"level":1,"_user_id":9001,"_some_info":"foo","_some_env_var":"bar"}
            """#
        let message = try #require(decode(text).stored)
        #expect(
            message.fields == [
                "source": .string("example.org"), "message": .string("A short message"),
                "full_message": .string("Backtrace here\n\nMore stuff"),
                "timestamp": .string("2013-11-21 17:11:02.307"),
                "level": .long(1), "user_id": .long(9001), "some_info": .string("foo"), "some_env_var": .string("bar"),
            ])
        #expect(message.warnings == [])
        #expect(message.droppedFields == [])
    }

    @Test(
        "store a minimal message with the time of receipt and the sender's address",
        arguments: [#"{"short_message":"0"}"#, #"{"message":"0"}"#, #"{"short_message":"0",}"#, #"{"message":"0",}"#])
    func storeMinimal(text: String) throws {
        let message = try #require(decode(text).stored)
        let expected: [String: FieldValue] = [
            "message": .string("0"), "source": .string("198.51.100.42"),
            "timestamp": .string("2017-07-21 14:23:00.661"),
        ]
        #expect(message.fields == expected)
        #expect(message.warnings == [Self.noTime, Self.noHost])
    }

    @Test(
        "read the time as seconds with milliseconds",
        arguments: [
            ("1500646980.661", "2017-07-21 14:23:00.661"),
            (#""1500646980.661""#, "2017-07-21 14:23:00.661"),
            (#"" 1.500646980661E9 ""#, "2017-07-21 14:23:00.661"),
            ("1500646980", "2017-07-21 14:23:00.000"),
            ("1500646980.6615", "2017-07-21 14:23:00.662"),
            ("0.0004", "1970-01-01 00:00:00.000"),
            ("951782400", "2000-02-29 00:00:00.000"),
            ("4102444799.999", "2099-12-31 23:59:59.999"),
        ])
    func readTime(timestamp: String, expected: String) throws {
        let message = try #require(decode(#"{"host":"h","short_message":"m","timestamp":\#(timestamp)}"#).stored)
        #expect(message.string("timestamp") == expected)
        #expect(message.warnings == (timestamp.hasPrefix("\"") ? ["\"timestamp\" is not a number"] : []))
        #expect(message.droppedFields == [])
    }

    @Test(
        "use the time of receipt when there is no usable one",
        arguments: ["0", "-1", "null", "true", #""Foobar""#, #""nan""#, "[]"])
    func replaceTime(timestamp: String) throws {
        let message = try #require(decode(#"{"host":"h","short_message":"m","timestamp":\#(timestamp)}"#).stored)
        #expect(message.timestamp == Timestamp(milliseconds: 1_500_646_980_661))
        #expect(message.warnings.first == Self.noTime)
    }

    @Test(
        "make of a member a field of this name, type and value",
        arguments: [
            (#""_version":"3.11""#, "version", FieldValue.string("3.11")),
            (#""_a":1"#, "a", .long(1)),
            (#""a":1"#, "a", .long(1)),
            (#""__a":1"#, "_a", .long(1)),
            (#""_":1"#, "_", .long(1)),
            (#""_a":5.0"#, "a", .double(5)),
            (#""_a":"  x\n""#, "a", .string("x")),
            (#""_a":{"b":[1,2.50,null],"c":"\u0001"}"#, "a", .string(#"{"b":[1,2.5,null],"c":"\u0001"}"#)),
            (#""_id":"7""#, "id", .string("7")),
            (#""_x.y-z@0":1"#, "x.y-z@0", .long(1)),
            (#""_ x ":1"#, "x", .long(1)),
            (#""level":6"#, "level", .long(6)),
            (#""level":"6""#, "level", .long(6)),
            (#""level":6.9"#, "level", .long(6)),
            (#""level":99"#, "level", .long(99)),
            (#""level":"info""#, "level", .string("info")),
            (#""level":-5"#, "level", .long(-5)),
            (#""_level":6"#, "level", .long(6)),
            (#""line":12"#, "line", .long(12)),
            (#""facility":5"#, "facility", .string("5")),
            (#""full_message":null"#, "full_message", .string("null")),
            (#""full_message":[1]"#, "full_message", .string("[1]")),
            (#""file":" f ""#, "file", .string("f")),
        ])
    func makeFields(member: String, name: String, value: FieldValue) throws {
        let message = try #require(decode(#"{"host":"h","short_message":"m","timestamp":1,\#(member)}"#).stored)
        #expect(message.fields[name] == value)
        #expect(message.fields.count == 4)
        #expect(message.droppedFields == [])
    }

    @Test(
        "lose fields, but not the message",
        arguments: [
            (#""_a":true"#, "_a", "a boolean"),
            (#""_a":null"#, "_a", "null"),
            (#""_a":" ""#, "_a", "a blank string"),
            (#""_a b":1"#, "_a b", "a name may have only letters, digits and . @ _ -"),
            (#""_ä":1"#, "_ä", "a name may have only letters, digits and . @ _ -"),
            (#""_a$":1"#, "_a$", "a name may have only letters, digits and . @ _ -"),
            (#""_host":"x""#, "_host", "never stored under this name"),
            (#""_short_message":"x""#, "_short_message", "never stored under this name"),
            (#""_message":"x""#, "_message", "the field \"message\" is already set"),
            (#""message":"x""#, "message", "the field \"message\" is already set"),
            (#""_source":"x""#, "_source", "the field \"source\" is already set"),
            (#""_timestamp":5"#, "_timestamp", "the field \"timestamp\" is already set"),
            (#""__id":1"#, "__id", "reserved name"),
            (#""__source":1"#, "__source", "reserved name"),
            (#""__index":1"#, "__index", "reserved name"),
            (#""level":true"#, "level", "a boolean"),
            (#""file":"""#, "file", "a blank string"),
        ])
    func loseFields(member: String, name: String, reason: String) throws {
        let message = try #require(decode(#"{"host":"h","short_message":"m","timestamp":1,\#(member)}"#).stored)
        #expect(message.droppedFields == [StoredMessage.DroppedField(name: name, reason: reason)])
        #expect(message.fields.count == 3)
    }

    @Test("let the first of two names win that become the same")
    func letFirstWin() throws {
        let text = #"{"host":"h","short_message":"m","timestamp":1,"foo":1,"_foo":2,"level":3,"_level":4}"#
        let message = try #require(decode(text).stored)
        #expect(message.integer("foo") == 1)
        #expect(message.integer("level") == 3)
        #expect(message.droppedFields.map(\.name) == ["_foo", "_level"])
    }

    @Test("keep the first of several objects and tell of the others")
    func keepFirst() throws {
        let text = #"{"host":"h","short_message":"1","timestamp":1}\#n\#n{"host":"h","short_message":"2"}"#
        let message = try #require(decode(text).stored)
        #expect(message.string("message") == "1")
        #expect(message.warnings == ["only the first JSON object of the frame is stored"])
    }

    @Test("are shown as one JSON object with sorted fields")
    func areShown() {
        let text = #"{"host":"h","short_message":"m","timestamp":1,"_p":100.0,"_b":false,"_a":"\u001b"}"#
        #expect(
            decode(text.replacing(#"\u001b"#, with: #"x\u001by"#)).json.text
                == #"{"stored":{"a":"x\u001By","message":"m","p":100.0,"source":"h","timestamp":"1970-01-01 00:00:01.000"},"#
                + #""warnings":[],"dropped_fields":[{"field":"_b","reason":"a boolean"}]}"#)
        #expect(decode("no").json.text == #"{"dropped":"invalid JSON: no value begins at byte 0","frame":"no"}"#)
    }
}
