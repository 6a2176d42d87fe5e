// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The spool", .timeLimit(.minutes(1)))
    struct SpoolTests {
        @Test("killed again and again while it delivers, it leaves no gap and keeps its instance")
        func killedWhileDelivering() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                var mail = Mail()
                var starts: Set<Int?> = []
                for run in 1...4 {
                    let service = try stage.service(configuration)
                    try await mail.collect(from: graylog) { message in
                        if message.tells("started") { starts.insert(message.integer("sequence")) }
                        return starts.count == run
                    }
                    try await mail.collect(readings: 5, from: graylog)
                    let signal = run < 4 ? SIGKILL : SIGTERM
                    #expect(try await service.ended(by: signal).ending == (run < 4 ? .killed(by: signal) : .exited(0)))
                }
                try await mail.collect(from: graylog) { $0.tells("stopping") }

                // What was sent, but not yet confirmed when it was killed, comes again, and is the same.
                var known: [Int: StoredMessage] = [:]
                for message in mail.messages {
                    let sequence = try #require(message.integer("sequence"))
                    #expect(known[sequence] ?? message == message)
                    known[sequence] = message
                }
                #expect(known.keys.sorted() == Array(1...known.count))
                #expect(mail.instances.count == 1)
            }
        }

        @Test("killed while Graylog is down, it delivers after the restart what it had seen before")
        func killedWhileDown() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let killed = try stage.service(configuration)
                _ = try await hsm.facts(within: patience) { $0.requests == 10 }
                #expect(try await killed.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                try await graylog.start()
                _ = try stage.service(configuration)
                var starts = 0
                var mail = Mail()
                try await mail.collect(from: graylog) { message in
                    starts += message.tells("started") ? 1 : 0
                    return starts == 2
                }
                #expect(mail.isComplete)
                // The last ones may have been on their way to the disk.
                #expect(mail.readings.count >= 8)
            }
        }

        @Test("a stop with Graylog down takes 5 s at the most, and keeps what was not delivered")
        func stoppedWhileDown() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let stopped = try stage.service(configuration)
                _ = try await hsm.facts(within: patience) { $0.requests == 3 }
                let begin = ContinuousClock.now
                #expect(try await stopped.ended(by: SIGTERM).ending == .exited(0))
                #expect(begin.duration(to: .now) < .seconds(8))
                try await graylog.start()
                _ = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.tells("stopping") }
                try await mail.collect(from: graylog) { $0.tells("started") }
                #expect(mail.isComplete)
                #expect(mail.readings.count >= 2)
            }
        }

        @Test("a damaged database is moved aside and reported, and a new one begins", arguments: FileDamage.allCases)
        func damaged(_ damage: FileDamage) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                let before = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)
                #expect(try await before.ended(by: SIGTERM).ending == .exited(0))
                try await mail.collect(from: graylog) { $0.tells("stopping") }

                let state = stage.stateDirectory()
                let left = try damage.happen(to: state.appending(path: "spool.sqlite"))
                let after = try stage.service(configuration)
                var newMail = Mail()
                let started = try await newMail.collect(from: graylog) { $0.tells("started") }
                try await newMail.collect(readings: 1, from: graylog)
                #expect(newMail.isComplete)
                #expect(newMail.instances.isDisjoint(with: mail.instances))
                #expect(started.string("reason")?.contains("damaged") == true)
                #expect(started.integer("level") == 4)
                let record = try await after.ended(by: SIGTERM)
                #expect(record.ending == .exited(0))
                #expect(record.errors.contains("damaged"))
                let aside = try FileManager.default.contentsOfDirectory(at: state, includingPropertiesForKeys: nil)
                    .filter { $0.lastPathComponent.hasPrefix("spool.sqlite.damaged-") }
                #expect(try aside.map { try Data(contentsOf: $0) } == [left])
            }
        }

        @Test("a full spool gives up readings before anything else, and tells how many")
        func overflow() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(
                    to: graylog, hsms: (1...10).map { ConfigurationText.entry("khi-\($0)", hsm) })
                configuration.spool = "max_size: 64KiB"
                let service = try stage.service(configuration)
                let dropped = try await service.said { $0.errors.contains("dropped") }
                #expect(dropped.errors.contains("max_size"))
                _ = try await hsm.facts(within: patience) { $0.requests >= 300 }
                try await graylog.start()
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.tells("output_up") }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                // What it dropped shortly before its end is told after it.
                _ = try stage.service(configuration)
                try await mail.collect(from: graylog) { $0.tells("stopping") }
                try await mail.collect(from: graylog) { $0.tells("started") }

                #expect(mail.instances.count == 1)
                #expect(mail.sequences == mail.sequences.sorted())
                let reports = mail.messages.telling("messages_dropped")
                #expect(reports.allSatisfy { $0.integer("level") == 4 && $0.string("reason") != nil })
                let missing = try #require(mail.sequences.last) - mail.messages.count
                #expect(missing == reports.compactMap { $0.integer("dropped") }.reduce(0, +))
                #expect(missing > 0)
                // Everything but readings is still there.
                #expect(mail.messages.of("state_change").count == 10)
                #expect(mail.messages.telling("started").count == 2)
                #expect(mail.messages.telling("output_down").count == 1)
            }
        }

        @Test("drops before a kill are reported too")
        func overflowThenKilled() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(
                    to: graylog, hsms: (1...10).map { ConfigurationText.entry("khi-\($0)", hsm) })
                configuration.spool = "max_size: 64KiB"
                let service = try stage.service(configuration)
                _ = try await hsm.facts(within: patience) { $0.requests >= 300 }
                #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                try await graylog.start()
                // With room enough the next one drops nothing itself.
                configuration.spool = "max_size: 64MiB"
                _ = try stage.service(configuration)
                var mail = Mail()
                var starts = 0
                try await mail.collect(from: graylog) { message in
                    starts += message.tells("started") ? 1 : 0
                    return starts == 2
                }
                try await mail.collect(readings: 1, from: graylog)
                let reported = mail.messages.telling("messages_dropped").compactMap { $0.integer("dropped") }
                let missing = try #require(mail.sequences.last) - mail.messages.count
                #expect(missing > 0)
                #expect(reported.reduce(0, +) == missing)
            }
        }

        @Test("a disk that is full is survived in memory under a new instance, until it has room again")
        func fullDisk() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                // A file that may not grow stands for a disk without room: 256 blocks of 512 bytes.
                let service = try stage.service(configuration, after: "trap '' XFSZ; ulimit -S -f 256")
                _ = try await service.said { $0.errors.contains("going on in memory") }
                var mail = Mail()
                try await mail.collect(readings: 10, from: graylog)
                let room = ["--pid", "\(service.processIdentifier)", "--fsize=unlimited"]
                #expect(try await stage.outcome(ofTool: "prlimit", room).ending == .exited(0))
                _ = try await service.said { $0.errors.contains("the spool's disk works again") }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                try await mail.collect(from: graylog) { $0.tells("stopping") }

                #expect(mail.instances.count == 2)
                for instance in mail.instances {
                    let sequences = mail.messages.filter { $0.string("instance") == instance }
                        .compactMap { $0.integer("sequence") }
                    #expect(sequences == Array(1...sequences.count))
                }
            }
        }
    }
}
