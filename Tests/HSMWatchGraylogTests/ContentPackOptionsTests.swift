// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("What a content pack is told")
struct ContentPackOptionsTests {
    @Test(
        "an address of mail is refused when it is none",
        arguments: ["", "soc", "@bank.example", "soc@", "a@b@c", "so c@bank.example", "soc@bank.example\n"])
    func addresses(text: String) {
        #expect(throws: InvalidText.self) { try ContentPackOptions(recipients: [text]) }
    }

    @Test(
        "a webhook that is no URL is not shown when it may have a password",
        arguments: ["ftp://user:secret@soc.example.org", "ftp://user:secret@\u{301}soc.example.org"])
    func secret(text: String) throws {
        let problem = #expect(throws: InvalidText.self) { try ContentPackOptions(webhook: text) }
        #expect(problem?.description == "the webhook is not a URL; allowed: https://… or http://…")
    }

    @Test("a webhook is a URL", arguments: ["", "soc.example.org", "ftp://soc.example.org", "https://soc example"])
    func webhooks(text: String) {
        #expect(throws: InvalidText.self) { try ContentPackOptions(webhook: text) }
    }

    @Test(
        "a place is visible and has no spaces",
        arguments: ["", "run book", "tab\t", String(repeating: "x", count: 1025)])
    func places(text: String) {
        #expect(throws: InvalidText.self) { try ContentPackOptions(runbook: text) }
    }

    @Test("as many addresses as allowed are taken, one more is refused")
    func limit() throws {
        let addresses = (0..<ContentPackOptions.mostRecipients).map { "soc-\($0)@bank.example" }
        #expect(try ContentPackOptions(recipients: addresses).recipients == addresses)
        #expect(throws: InvalidText.self) { try ContentPackOptions(recipients: addresses + ["one@more.example"]) }
    }
}
