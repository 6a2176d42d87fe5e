// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("A JSON document")
struct JSONTreeTests {
    @Test("keeps the order of its members, and a line for each")
    func order() {
        let tree: JSONTree = ["b": 1, "a": ["x", nil, true], "empty": [:], "none": []]
        #expect(
            tree.text == """
                {
                  "b": 1,
                  "a": [
                    "x",
                    null,
                    true
                  ],
                  "empty": {},
                  "none": []
                }

                """)
    }

    @Test(
        "writes a decimal with its point, an integer without",
        arguments: [(50.0, "50.0"), (0.0, "0.0"), (81.3, "81.3")])
    func decimals(value: Double, text: String) {
        #expect(JSONTree.decimal(value).text == text + "\n")
        #expect(JSONTree.integer(Int(value)).text == "\(Int(value))\n")
    }

    @Test("is read by Foundation as it was, whatever its strings are")
    func foundation() throws {
        let texts = ["\"quoted\" \\ and /", "line\nline\ttab", "\u{0}\u{7F}\u{9B}", "ä 🔥 \u{2028}", ""]
        let tree = JSONTree.object(texts.enumerated().map { .init("\($0)", .string($1)) })
        let read = try JSONSerialization.jsonObject(with: Data(tree.text.utf8)) as? [String: String]
        #expect(read == Dictionary(uniqueKeysWithValues: texts.enumerated().map { ("\($0)", $1) }))
    }

    @Test("has no command frame, whatever its strings and names are")
    func frames() {
        let command = "<9A#RESET#>"
        let text = JSONTree.object([JSONTree.Member(command, .string(command))]).text
        #expect(!text.contains("<") && !text.contains(">"))
    }
}
