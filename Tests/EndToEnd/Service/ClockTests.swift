// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The clock, set by years", .timeLimit(.minutes(2)))
    struct ClockTests {
        private static let decade = Duration.seconds(10 * 365 * 86_400)

        @Test("forth and back, with Graylog down and up: polling goes on, and nothing is lost or dropped")
        func jumps() async throws {
            try await Stage.play { stage in
                let clock = try await Interposer(on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let service = try stage.service(
                    ConfigurationText(to: graylog, watching: hsm), environment: clock.environment)
                for ahead in [Duration.zero, Self.decade, Self.decade * -1, .zero] {
                    try clock.setClock(ahead: ahead)
                    let polls = await hsm.facts.requests
                    _ = try await hsm.facts(within: patience) { $0.requests >= polls + 5 }
                }
                try await graylog.start()
                var mail = Mail()
                try await mail.collect("output_up", from: graylog)
                for ahead in [Self.decade, Self.decade * -1, .zero] {
                    try clock.setClock(ahead: ahead)
                    try await mail.collect(readings: 10, from: graylog)
                }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                try await mail.collect("stopping", from: graylog)
                #expect(mail.isComplete)
                #expect(mail.reportedDrops == 0)
                // Each says when it happened by the clock as it was.
                let times = mail.readings.map(\.timestamp.milliseconds)
                let spread = (times.max() ?? 0) - (times.min() ?? 0)
                #expect(spread > 2 * Self.decade.components.seconds * 1000)
            }
        }

        @Test("status tells how long a state really lasts, even with a clock before 1970", arguments: [10, -10, -60])
        func status(years: Int) async throws {
            try await Stage.play { stage in
                let clock = try await Interposer(on: stage)
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let service = try stage.service(
                    ConfigurationText(to: graylog, watching: hsm), environment: clock.environment)
                var mail = Mail()
                try await mail.collect(readings: 3, from: graylog)
                try clock.setClock(ahead: .seconds(years * 365 * 86_400))
                // At an interval of 100 ms no snapshot from before is shared any more then.
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 10 }
                let record = try await stage.outcome(of: ["status", "--socket", stage.statusSocket()])
                #expect(record.ending == .exited(0))
                let row = try #require(record.lines.first { $0.hasPrefix("khi-1 ") })
                let since = try #require(row.split(separator: " ").dropLast().last)
                #expect(since.wholeMatch(of: /[0-9]+s/) != nil, "\(record)")
                #expect(since != "0s", "\(record)")
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("ahead while the service is not running: its backlog is as old as it really is, and nothing is dropped")
        func aheadAtStart() async throws {
            try await Stage.play { stage in
                let clock = try await Interposer(on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let killed = try stage.service(configuration, environment: clock.environment)
                _ = try await hsm.facts(within: patience) { $0.requests >= 20 }
                #expect(try await killed.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                try clock.setClock(ahead: Self.decade)
                let service = try stage.service(configuration, environment: clock.environment)
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 5 }
                try await graylog.start()
                var mail = Mail()
                try await mail.collect("output_up", from: graylog)
                #expect(mail.instances.count == 1)
                #expect(mail.isComplete, "\(mail.missing) missing")
                #expect(mail.reportedDrops == 0)
                #expect(mail.readings.count >= 20)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("back while the service is not running, and right while it runs: nothing is lost")
        func backAtStart() async throws {
            try await Stage.play { stage in
                let clock = try await Interposer(on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                for ahead in [Self.decade * -1, Self.decade * -1, .zero] {
                    try clock.setClock(ahead: ahead)
                    let service = try stage.service(configuration, environment: clock.environment)
                    let polls = await hsm.facts.requests
                    _ = try await hsm.facts(within: patience) { $0.requests >= polls + 5 }
                    // While it runs the clock is set right.
                    try clock.setClock(ahead: .zero)
                    _ = try await hsm.facts(within: patience) { $0.requests >= polls + 10 }
                    #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                }
                try await graylog.start()
                let service = try stage.service(configuration, environment: clock.environment)
                var mail = Mail()
                try await mail.collect("started", times: 4, from: graylog)
                #expect(mail.isComplete)
                #expect(mail.reportedDrops == 0)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
