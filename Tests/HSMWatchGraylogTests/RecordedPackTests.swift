// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

/// The pack with which live Graylog 6.1.4, 6.3.15 and 7.1.7 sent one mail and one post for each change: what is read here
/// from Graylog's source must agree with them.
@Suite("The pack that live servers took")
struct RecordedPackTests {
    private static var pack: JSONValue {
        get throws {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/pack-filter.json")
            var parser = JSONParser(Array(try Data(contentsOf: file)))
            return try parser.value()
        }
    }

    @Test(
        "is one without anything wrong",
        arguments: [GraylogVersion(6, 1, 4), GraylogVersion(6, 3, 15), GraylogVersion(7, 1, 7)])
    func rules(version: GraylogVersion) throws {
        #expect(ContentPackRules.violations(in: try Self.pack, for: version).map(\.description) == [])
    }

    @Test("sends a mail and a post for each of five changes, 5 to 21 s after it, with the message as the subject")
    func changes() throws {
        var stage = try AlertStage(pack: Self.pack)
        let outcomes: [Outcome] = [
            try AlertStage.available(215), try AlertStage.available(80), try AlertStage.available(12),
            AlertStage.failure(.refused, "connection refused"), AlertStage.failure(.malformed, "no frame"),
            try AlertStage.available(12), try AlertStage.available(215),
        ]
        for outcome in outcomes { try stage.run(for: .seconds(120)) { _, _ in outcome } }
        let mails = stage.mails
        #expect(
            mails.map(\.event.title) == [
                "HSM warning", "HSM critical", "HSM unreachable", "HSM state unknown", "HSM critical", "HSM recovered",
            ])
        #expect(stage.processor.notifications.count == 2 * mails.count)
        for mail in mails {
            #expect((5000...21_000).contains(mail.time.milliseconds - mail.event.timestamp.milliseconds))
            #expect(mail.subject == mail.event.backlog.first?.string("message"))
        }
    }

    @Test("reads well as a test without any field")
    func test() throws {
        let texts = try NotificationText.all(of: Self.pack).values.map { $0.test(at: AlertStage.midnight) }
        #expect(texts.compactMap(\.subject) == ["Event Definition Test Title"])
        #expect(texts.contains { $0.body == "A test: alerts of hsmwatch arrive here.\n" })
    }
}
