// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchSimulation

@Suite("JSON as Graylog reads it")
struct JSONParserTests {
    @Test(
        "tells integers from decimals, keeps the order, and forgives what Jackson forgives",
        arguments: [
            (#"{"b":1,"a":-0,"c":[true,false,null]}"#, #"{"b":1,"a":0,"c":[true,false,null]}"#),
            ("[1.0,5.5,1e2,-0.5E-1,1E+2]", "[1.0,5.5,100.0,-0.05,100.0]"),
            (#" { "a" : [ ] , "b" : { } } "#, #"{"a":[],"b":{}}"#),
            (#"{"a":1,"b":[1,],}"#, #"{"a":1,"b":[1]}"#),
            (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#),
            ("\"a\u{01}\tb\nc\"", #""a\u0001\u0009b\u000Ac""#),
            (#""\"\\\/\b\f\n\r\tA\u00e4""#, #""\"\\/\u0008\u000C\u000A\u000D\u0009A\#u{e4}""#),
            (#""\ud83d\ude00""#, "\"\u{1F600}\""),
            (#""\ud83d!\ude00\ud83dA""#, "\"\u{FFFD}!\u{FFFD}\u{FFFD}A\""),
            ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551617", "1"),
            ("1e999", "\"inf\""),
        ])
    func reads(text: String, expected: String) throws {
        var parser = JSONParser(Array(text.utf8))
        #expect(try parser.value().text == expected)
        #expect(try parser.hasMore() == false)
    }

    @Test(
        "refuses what is no JSON, and says where",
        arguments: [
            ("", "the text ends at byte 0"),
            ("  ", "the text ends at byte 2"),
            ("nul", "no value begins at byte 0"),
            ("'a'", "no value begins at byte 0"),
            ("{,}", "a name in quotes is missing at byte 1"),
            ("{a:1}", "a name in quotes is missing at byte 1"),
            (#"{"a" 1}"#, "':' is missing at byte 5"),
            (#"{"a":1 "b":2}"#, "',' or '}' is missing at byte 7"),
            ("[1 2]", "',' or ']' is missing at byte 3"),
            ("[1", "',' or ']' is missing at byte 2"),
            ("[", "the text ends at byte 1"),
            ("01", "a number begins with 0 at byte 2"),
            ("1.", "a digit is missing at byte 2"),
            ("-", "a digit is missing at byte 1"),
            ("1e", "a digit is missing at byte 2"),
            ("NaN", "no value begins at byte 0"),
            (#""abc"#, "a string does not end at byte 4"),
            (#""a\"#, "a string does not end at byte 3"),
            (#""\x""#, "an unknown escape at byte 3"),
            (#""\u00g0""#, "\\u without four hexadecimal digits at byte 3"),
            (#""\u00"#, "\\u without four hexadecimal digits at byte 3"),
        ])
    func refuses(text: String, problem: String) {
        let error = #expect(throws: JSONParser.Problem.self) {
            var parser = JSONParser(Array(text.utf8))
            _ = try parser.value()
        }
        #expect(error?.description == problem)
    }

    @Test(
        "replaces bytes that are not UTF-8",
        arguments: [([0xC3, 0xA4], "ä"), ([0xFF, 0x41], "\u{FFFD}A"), ([0xC3], "\u{FFFD}")])
    func replacesBadBytes(bytes: [UInt8], text: String) throws {
        let quote = UInt8(ascii: "\"")
        var parser = JSONParser([quote] + bytes + [quote])
        #expect(try parser.value() == .string(text))
    }

    @Test("goes as deep as Jackson, and no deeper")
    func boundsDepth() throws {
        let limit = JSONParser.maximumDepth
        let opening = Array(repeating: UInt8(ascii: "["), count: limit)
        var parser = JSONParser(opening + Array(repeating: UInt8(ascii: "]"), count: limit))
        _ = try parser.value()
        let error = #expect(throws: JSONParser.Problem.self) {
            var parser = JSONParser(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
            _ = try parser.value()
        }
        #expect(error?.description == "nested deeper than 1000 at byte 1000")
    }

    @Test(
        "looks one token beyond the value",
        arguments: [
            ("{}", false), ("{} \n", false), ("{}{", true), ("{} [", true), ("{} 1", true), (#"{} "x"#, true),
            ("{}null", true),
        ])
    func seesMore(text: String, hasMore: Bool) throws {
        var parser = JSONParser(Array(text.utf8))
        _ = try parser.value()
        #expect(try parser.hasMore() == hasMore)
    }

    @Test("refuses what is no token there", arguments: ["{}}", "{},", "{} garbage", "{}]"])
    func refusesMore(text: String) throws {
        var parser = JSONParser(Array(text.utf8))
        _ = try parser.value()
        let start = parser
        #expect(throws: JSONParser.Problem.self) {
            var parser = start
            _ = try parser.hasMore()
        }
    }

    @Test("shows a terminal nothing that it could obey")
    func isSafe() {
        let text = "a\u{1B}[31m\u{7F}\u{9B}\u{202E}\u{2028}ä\u{1F600}"
        #expect(JSONValue.string(text).terminalText == #""a\u001B[31m\u007F\u009B\u202E\u2028ä\#u{1F600}""#)
        #expect(text.terminalText == #"a\u001B[31m\u007F\u009B\u202E\u2028ä\#u{1F600}"#)
    }
}
