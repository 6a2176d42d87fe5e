// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("The page on Graylog's syslog inputs")
struct SyslogPageTests {
    private static let page = Result { try Page("docs/syslog-inputs.md") }

    /// A reading in the script's form, as Graylog stores it: without priority and time.
    private static func legacyLine() throws -> String {
        let golden = try Page("Tests/HSMWatchCoreTests/Syslog/Golden/reading.log")
        let line = try #require(golden.lines.last { !$0.isEmpty })
        return line.split(separator: " ", maxSplits: 3).last.map(String.init) ?? ""
    }

    @Test("its pattern for an extractor finds the consumed sockets of a line that hsmwatch sends")
    func extractor() throws {
        let pattern = try #require(try Self.page.get().lines.first { $0.hasSuffix(" on HSM Host:") })
        let found = try #require(try Self.legacyLine().firstMatch(of: try Regex(pattern)))
        #expect(found.output[1].substring == "14")
    }

    @Test("its pattern for a pipeline finds four values in a line that hsmwatch sends")
    func pipeline() throws {
        let text = try Self.page.get().text
        let pattern = try #require(text.firstMatch(of: /regex\("([^"]*)"/)?.1)
        let found = try #require(try Self.legacyLine().firstMatch(of: try Regex(String(pattern))))
        #expect(found.output.dropFirst().map { $0.substring } == ["14", "64", "10.10.5.6", "9010"])
    }

    @Test("the line that it shows has the form of one that hsmwatch sends")
    func example() throws {
        let line = try #require(try Self.page.get().lines.first { $0.contains(" hsmwatch: ") })
        let form = /\S+ hsmwatch: \w{3} \w{3} +\d+ [\d:]{8} \w+ \d{4} \d+ TCP socket .*<2223#\d+#\d+#\d+#>/
        #expect(line.wholeMatch(of: form) != nil)
        #expect(try Self.legacyLine().wholeMatch(of: form) != nil)
    }
}
