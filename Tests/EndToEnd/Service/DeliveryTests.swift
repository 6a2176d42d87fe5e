// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Delivery to a Graylog that is not always there", .timeLimit(.minutes(3)))
    struct DeliveryTests {
        @Test("messages of an outage arrive in order after it, and both its ends are reported")
        func downThenUp() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                _ = try stage.service(ConfigurationText(to: graylog, watching: hsm))
                _ = try await hsm.facts(within: patience) { $0.requests == 10 }
                try await graylog.start()
                var mail = Mail()
                let up = try await mail.collect(from: graylog) { $0.tells("output_up") }
                #expect(mail.isComplete)
                #expect(mail.readings.count >= 9)

                let down = try #require(mail.messages.telling("output_down").first)
                #expect(mail.messages.telling("output_down").count == 1)
                #expect(mail.messages.prefix(2).contains(down))
                #expect(down.string("output") == "graylog")
                #expect(down.string("endpoint") == "\(graylog.address)")
                #expect(down.string("reason")?.hasSuffix("connection refused") == true)
                #expect(down.integer("level") == 5)
                #expect(up.string("output") == "graylog")
                #expect(up.string("endpoint") == "\(graylog.address)")
                #expect(up.integer("level") == 5)
                #expect(try #require(up.integer("outage_seconds")) >= 0)
                #expect(try #require(up.integer("waiting")) >= 10)
                #expect(up.integer("resent") == 0)
            }
        }

        @Test("an outage of Graylog is reported, and nothing is missing after it")
        func restart() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let service = try stage.service(ConfigurationText(to: graylog, watching: hsm))
                var mail = Mail()
                try await mail.collect(readings: 3, from: graylog)
                try await graylog.stop()
                _ = try await service.said { $0.errors.contains("cannot deliver") }
                try await graylog.start()
                let up = try await mail.collect(from: graylog) { $0.tells("output_up") }
                let down = try #require(mail.messages.telling("output_down").first)
                #expect(down.string("reason") == "the peer closed the connection")
                #expect(up.integer("outage_seconds") != nil)
                let after = mail.sequences.drop { $0 != down.integer("sequence") }
                #expect(Array(after) == Array(after[after.startIndex]...(after.last ?? 0)))
            }
        }

        @Test("a Graylog that stops reading does not stop the polling, and gets everything when it reads again")
        func notReading() async throws {
            try await Stage.play { stage in
                let systemd = try stage.notifySocket()
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                // Large messages: the kernels between the two hold some megabytes.
                let fields = (1...32).map { "f\($0): \(String(repeating: "x", count: 1024))" }.joined(separator: ", ")
                let large = (1...20).map { ConfigurationText.entry("khi-\($0)", hsm, "fields: {\(fields)}") }
                let configuration = ConfigurationText(to: graylog, hsms: large)
                let service = try stage.service(configuration, environment: ["NOTIFY_SOCKET": systemd.address])
                await graylog.pauseReading()
                try await systemd.heard { $0.wholeMatch(of: /STATUS=.* · [1-9][0-9]{2,} queued/) != nil }
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 100 }
                await graylog.resumeReading()
                var mail = Mail()
                try await mail.collect(readings: polls, from: graylog)
                // Two connections may be read side by side, and on a machine that is slow one may have been given up.
                try await mail.collect(from: graylog, until: \.hasNoGap)
                #expect(mail.instances.count == 1)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("the next endpoint takes over, and the first again when that is gone")
        func failover() async throws {
            try await Stage.play { stage in
                let first = try await stage.graylogThatIsDown()
                let second = try await stage.graylog()
                let hsm = try await stage.hsm()
                let service = try stage.service(ConfigurationText(to: first, second, watching: hsm))
                var mail = Mail()
                try await mail.collect(from: second) { $0.tells("output_up", of: second) }
                #expect(mail.isComplete)
                #expect(mail.messages.telling("output_down").map { $0.string("endpoint") } == ["\(first.address)"])

                try await first.start()
                try await second.stop()
                mail = Mail()
                try await mail.collect(from: first) { $0.tells("output_up", of: first) }
                #expect(mail.messages.telling("output_down").last?.string("endpoint") == "\(second.address)")
                #expect(mail.instances.count == 1)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}

extension StoredMessage {
    fileprivate func tells(_ action: String, of graylog: Receiver) -> Bool {
        tells(action) && string("endpoint") == "\(graylog.address)"
    }
}
