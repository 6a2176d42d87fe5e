// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The spool's lock", .timeLimit(.minutes(1)))
    struct SpoolLockTests {
        @Test("another program that reads the spool does not stop a start; the spool returns to the disk when it ends")
        func foreignReader() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                try await stage.leaveSpool(configuration, polling: hsm)

                let reader = try DatabaseReader(of: stage.stateDirectory().appending(path: "spool.sqlite"))
                let service = try stage.service(configuration)
                _ = try await service.said {
                    $0.errors.contains(
                        "the spool's disk fails (another program has the spool's database open): going on in memory")
                }
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 10 }
                try reader.close()
                _ = try await service.said { $0.errors.contains("the spool's disk works again") }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))

                try await graylog.start()
                let next = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect("started", times: 3, from: graylog)
                #expect(mail.hasNoGap, "\(mail.missing)")
                #expect(mail.reportedDrops == 0)
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("a second hsmwatch does not start, though the first has no database and goes on in memory")
        func secondInMemory() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let state = stage.stateDirectory()
                let reader = try DatabaseReader.ofNewSpool(in: state)
                let first = try stage.service(configuration)
                _ = try await first.said { $0.errors.contains("going on in memory") }
                let second = try stage.service(
                    configuration, named: "second", environment: ["STATE_DIRECTORY": state.path()])
                let record = try await second.ended()
                #expect(record.ending == .exited(75))
                #expect(record.errors.contains("ERROR another hsmwatch uses \(state.path())/spool.sqlite: "))
                #expect(await hsm.facts.accepted == 1)
                try reader.close()

                // The lock goes with its process, however that ends.
                #expect(try await first.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                let next = try stage.service(configuration)
                _ = try await next.said { $0.errors.contains("started") }
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
