// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchGraylog
import Testing

@testable import HSMWatchCore
@testable import HSMWatchSimulation
@testable import TestSupport

/// What a person gets at night, word for word: one file for each alert in `Golden`.
@Suite("Mails and posts of alerts")
struct NotificationTextTests {
    /// The alerts by the names of their files.
    static let alerts = [
        "critical": "HSM critical", "unreachable": "HSM unreachable", "unknown": "HSM unknown",
        "warning": "HSM warning", "recovered": "HSM recovered", "lasting": "HSM still not ok",
        "problem": "hsmwatch reports a problem", "silence": "hsmwatch of \(AlertStage.source) is silent",
    ]

    /// An hour in which every alert is raised.
    private static func hour() throws -> [SentNotification] {
        var stage = try AlertStage([
            AlertStage.hsm("khi-1"), AlertStage.hsm("khi-2", port: 9011), AlertStage.hsm("lhe-1", site: "lhe"),
            AlertStage.hsm("isb-1", site: "isb"),
        ])
        try stage.run(for: .seconds(600)) { _, _ in try AlertStage.available(215) }
        try stage.run(for: .seconds(900)) { hsm, _ in
            switch hsm {
            case "khi-1": try AlertStage.available(80)
            case "khi-2": try AlertStage.available(12)
            case "lhe-1": AlertStage.failure(.noReply, "no reply within 2 s")
            default: AlertStage.failure(.malformed, "no frame in 8192 bytes")
            }
        }
        let recovery = Outage.Recovery(lasted: .seconds(1500), waiting: 312, wasLasting: true)
        try stage.say(AlertStage.back("graylog", recovery))
        try stage.run(for: .seconds(300)) { _, _ in try AlertStage.available(215) }
        stage.beats = false
        try stage.run(for: .seconds(300)) { _, _ in try AlertStage.available(215) }
        return stage.processor.notifications
    }

    @Test("are the golden files", arguments: alerts.sorted { $0.key < $1.key }.map(\.key))
    func golden(name: String) throws {
        let sent = try Self.hour().filter { $0.event.title == Self.alerts[name] }
        let first = try #require(sent.first?.event)
        let mail = try #require(sent.first { $0.subject != nil && $0.event == first })
        let post = try #require(sent.first { $0.subject == nil && $0.event == first })
        try GoldenText.check(Self.text(mail, post), "alert-\(name).txt")
    }

    @Test("of Test Notification read well without any field")
    func test() throws {
        let texts = try NotificationText.all(of: AlertStage.pack([]))
        let sent = texts.values.map { $0.test(at: AlertStage.midnight) }
        let mail = try #require(sent.first { $0.subject != nil })
        let post = try #require(sent.first { $0.subject == nil })
        try GoldenText.check(Self.text(mail, post), "test-notification.txt")
    }

    @Test("have a golden file for each alert of the pack, and there is no other file")
    func complete() throws {
        let rules = try AlertRule.rules(of: AlertStage.pack([AlertStage.hsm()]))
        #expect(rules.map(\.title).sorted() == Self.alerts.values.sorted())
        let files = Self.alerts.keys.map { "alert-\($0).txt" } + SimulatedDayTests.files + ["test-notification.txt"]
        #expect(try GoldenText.names == files.sorted())
    }

    private static func text(_ mail: SentNotification, _ post: SentNotification) throws -> String {
        let document = try JSONSerialization.jsonObject(with: Data(post.body.utf8))
        let pretty = try JSONSerialization.data(
            withJSONObject: document, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return """
            Subject: \(mail.subject ?? "")

            \(mail.body)
            ---- webhook ----
            \(String(decoding: pretty, as: UTF8.self))

            """
    }
}
