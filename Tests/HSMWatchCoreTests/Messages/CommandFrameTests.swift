// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// An output may lead to an HSM by a typing error. Its command port obeys everything between `<` and `>`.
@Suite("Command frames")
struct CommandFrameTests {
    private static let command = "<9A#RESET#>"

    /// What an HSM would read as commands, the newest `<` first.
    private static func frames(in bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).matches(of: /<[^<>]*>/).map { String($0.output) }
    }

    @Test(
        "no message of GELF has a frame, whatever text it carries", arguments: ["<9A#RESET#>", "<<1226#>>", "a<b", ">"])
    func gelf(text: String) {
        for content in MessageRulesTests.events(with: text) {
            let message = Sample("", content).message
            #expect(!message.contains(UInt8(ascii: "<")) && !message.contains(UInt8(ascii: ">")))
        }
        let source = MessageEncoder(source: text).encode(Sample.all[0].event).numbered(instance: text, sequence: 1)
        #expect(Self.frames(in: source) == [])
    }

    @Test("a message that 0.1.0 has spooled loses its frames and keeps its meaning")
    func spooled() throws {
        let old = #"{"_site":"<9A#RESET#>","_x":"a\\<b\">","_y":1.5}"#
        let new = CommandFrame.escaping(json: Array(old.utf8))
        #expect(
            String(decoding: new, as: UTF8.self)
                == #"{"_site":"\u003c9A#RESET#\u003e","_x":"a\\\u003cb\"\u003e","_y":1.5}"#)
        #expect(try MessageFields(new).names == ["_site", "_x", "_y"])
        #expect(MessageReader.fields(of: new) == MessageReader.fields(of: Array(old.utf8)))
    }

    @Test("syslog has no frame but its priority, whatever text it carries", arguments: SyslogFormat.allCases)
    func syslog(format: SyslogFormat) {
        let encoder = SyslogEncoder(SyslogConfiguration(format: format)) { _ in .utc }
        for text in [Self.command, "<<1226#>>", "<2223#1#>2#>", "<2223#1#^tag#>", "<2223#1#2#><9A#RESET#>"] {
            for content in MessageRulesTests.events(with: text) {
                let bytes = encoder.encode(Sample("", content).message, spooledAt: Timestamp(milliseconds: 0))
                let frames = Self.frames(in: bytes)
                #expect(frames.count == 1 && frames[0].contains(/^<\d{1,3}>$/), "\(frames)")
            }
        }
    }

    @Test(
        "a source, a parameter's name or a damaged message makes no frame of syslog", arguments: SyslogFormat.allCases)
    func syslogParts(format: SyslogFormat) {
        let encoder = SyslogEncoder(SyslogConfiguration(format: format)) { _ in .utc }
        let head = #""timestamp":1.000,"level":4,"short_message":"m""#
        let bodies = [
            #"{"host":"<9A#RESET#>",\#(head)}"#, #"{"host":"h",\#(head),"_<9A#RESET#>":"x"}"#, "damaged <9A#RESET#>",
        ]
        for body in bodies {
            let bytes = encoder.encode(Array(body.utf8), spooledAt: Timestamp(milliseconds: 0))
            #expect(Self.frames(in: bytes).count == 1, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("other brackets stand for angle brackets in syslog, so that a reader sees the same")
    func readable() {
        let encoder = SyslogEncoder(SyslogConfiguration()) { _ in .utc }
        let body = #"{"host":"h","timestamp":1.000,"level":4,"short_message":"says <00#220000#>","_site":"<a>"}"#
        let text = String(
            decoding: encoder.encode(Array(body.utf8), spooledAt: Timestamp(milliseconds: 0)), as: UTF8.self)
        #expect(text.hasSuffix("site=\"‹a›\"] says ‹00#220000#›"))
    }

    @Test("the reply of a reading stays as it came: extractors match on it, and it is no command")
    func reply() throws {
        let sample = try #require(Sample.all.first { $0.testDescription == "reading" })
        for format in SyslogFormat.allCases {
            let encoder = SyslogEncoder(SyslogConfiguration(format: format)) { _ in .utc }
            let bytes = encoder.encode(sample.message, spooledAt: Timestamp(milliseconds: 0))
            #expect(Self.frames(in: bytes).dropFirst() == ["<2223#50#64#14#>"])
        }
    }
}
