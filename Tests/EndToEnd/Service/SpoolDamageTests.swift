// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The spool's files, damaged while the service runs", .timeLimit(.minutes(3)))
    struct SpoolDamageTests {
        /// Messages of 32 KiB that surely go beyond what the service keeps in memory: there are some 60 of them.
        private static let backlog = 150

        @Test(
            "polling goes on, what is in memory arrives, and what is lost is counted and told",
            arguments: FileDamage.allCases)
        func inUse(_ damage: FileDamage) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let fields = (1...32).map { "f\($0): \(String(repeating: "x", count: 1024))" }.joined(separator: ", ")
                let large = (1...3).map { ConfigurationText.entry("khi-\($0)", hsm, "fields: {\(fields)}") }
                let configuration = ConfigurationText(to: graylog, hsms: large)
                let service = try stage.service(configuration)
                _ = try await hsm.facts(within: patience) { $0.requests >= Self.backlog }
                for name in ["spool.sqlite", "spool.sqlite-wal"] {
                    try damage.happen(to: stage.stateDirectory().appending(path: name))
                }
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 30 }
                try await graylog.start()
                // What is not found before is found when it is to be sent.
                let record = try await service.said { $0.errors.contains("dropped") }
                #expect(record.errors.contains("the spool was damaged; it is kept as \(stage.stateDirectory().path())"))
                var mail = Mail()
                try await mail.collect("output_up", from: graylog)
                try await mail.collect(from: graylog) { $0.missing <= $0.reportedDrops }
                #expect(mail.reportedDrops > 0)
                #expect(mail.missing == mail.reportedDrops)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))

                // It has left a sound database, which goes on with the numbers.
                let next = try stage.service(configuration)
                let again = try await next.said { $0.errors.contains("started") }
                #expect(!again.errors.contains("damaged"))
                #expect(mail.instances.count == 1)
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
