// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A start after a run that did not close its spool", .timeLimit(.minutes(1)))
    struct UnclosedSpoolTests {
        /// The seconds since 1970 from which on a reason says that messages may be missing.
        private static func beginning(of loss: String?) throws -> Double {
            let found = loss?.firstMatch(
                of: /^the last run did not close the spool; messages since (.{19}) UTC may be missing$/)
            let text = try #require(found, "\(loss ?? "no reason")").1
            let format = Date.ISO8601FormatStyle().dateSeparator(.dash).dateTimeSeparator(.space)
            return try Date(String(text), strategy: format.year().month().day().time(includingFractionalSeconds: false))
                .timeIntervalSince1970
        }

        @Test("in memory while the disk failed: 'started' says since when messages may be missing, once")
        func killedInMemory() async throws {
            try await Stage.play { stage in
                let interposer = try await Interposer(on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let killed = try stage.service(configuration, environment: interposer.environment)
                _ = try await hsm.facts(within: patience) { $0.requests >= 5 }
                try interposer.setDisk(readOnly: true)
                _ = try await killed.said { $0.errors.contains("going on in memory") }
                let failed = Date().timeIntervalSince1970
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 10 }
                #expect(try await killed.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                try interposer.setDisk(readOnly: false)

                try await graylog.start()
                let next = try stage.service(configuration, environment: interposer.environment)
                var mail = Mail()
                try await mail.collect("started", times: 2, from: graylog)
                let started = try #require(mail.messages.last)
                #expect(started.integer("level") == 4)
                let since = try Self.beginning(of: started.string("reason"))
                #expect((failed - 20...failed).contains(since))
                #expect(await next.record.value.errors.contains("the last run did not close the spool"))
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))

                let stopped = try stage.service(configuration)
                let again = try await mail.collect(from: graylog) {
                    $0.tells("started") && ($0.integer("sequence") ?? 0) > (started.integer("sequence") ?? 0)
                }
                #expect(again.integer("level") == 5)
                #expect(again.string("reason") == nil)
                #expect(try await stopped.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("whose database it opens late: 'messages_dropped' says it then, without a number")
        func openedLate() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let killed = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 5, from: graylog)
                #expect(try await killed.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                let now = Date().timeIntervalSince1970

                let reader = try DatabaseReader(of: stage.stateDirectory().appending(path: "spool.sqlite"))
                let next = try stage.service(configuration)
                _ = try await next.said { $0.errors.contains("going on in memory") }
                let started = try await mail.collect(from: graylog) { $0.tells("started") }
                #expect(started.string("reason") == nil)
                try reader.close()
                let told = try await mail.collect(from: graylog) { $0.tells("messages_dropped") }
                #expect(told.integer("level") == 4)
                #expect(told.integer("dropped") == nil)
                let since = try Self.beginning(of: told.string("reason"))
                #expect((now - 20...now).contains(since))
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
