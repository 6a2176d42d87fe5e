// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Reading a message back")
struct MessageReaderTests {
    private static func fields(_ text: String) -> [String]? {
        MessageReader.fields(of: Array(text.utf8))?.map { "\($0.name)=\($0.value)" }
    }

    @Test("every message that there is comes back with all its fields", arguments: Sample.all)
    func all(sample: Sample) throws {
        let read = try #require(MessageReader.fields(of: sample.message))
        let expected = try MessageFields(sample.message)
        #expect(read.map(\.name) == expected.names)
        #expect(read.count > 8)
    }

    @Test("what the writer escapes comes back as it was")
    func escapes() {
        let text = "a\"b\\c\nd\re\tf\u{0}g\u{1F}h\u{7F}ü\u{1F600}/"
        var writer = JSONWriter(continuing: Array("{\"first\":-0.125".utf8))
        writer.string("second", text)
        writer.integer("third", -5)
        let fields = MessageReader.fields(of: writer.closed())
        #expect(fields?.map(\.name) == ["first", "second", "third"])
        #expect(fields?.map(\.value) == ["-0.125", text, "-5"])
    }

    @Test("a number keeps its decimals")
    func decimals() {
        #expect(
            Self.fields(#"{"a":100.0,"b":0.100,"c":1785432180.123}"#) == ["a=100.0", "b=0.100", "c=1785432180.123"])
    }

    @Test(
        "anything else is no message",
        arguments: [
            "", "{", "{}", "x", #"{"a":1"#, #"{"a":1}x"#, #"{"a":}"#, #"{"a":true}"#, #"{"a":"b}"#, #"{"a":"\x"}"#,
            #"{"a":"\u12"}"#, #"{"a":"\uD800"}"#, #"{"a":1,}"#, #"{"a" :1}"#, #"{"a":{"b":1}}"#, #"["a"]"#, #"{"a":"\"#,
        ])
    func broken(text: String) {
        #expect(Self.fields(text) == nil)
    }
}
