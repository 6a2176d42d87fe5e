// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("The spool's version", .timeLimit(.minutes(1)))
    struct SpoolVersionTests {
        @Test("a spool that a newer hsmwatch wrote stays unchanged: exit 78, and nothing is polled")
        func newer() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                try await stage.leaveSpool(configuration, polling: hsm)
                let polls = await hsm.facts.accepted
                let file = stage.stateDirectory().appending(path: "spool.sqlite")
                // `user_version` is at offset 60 of an SQLite database, the most significant byte first.
                var bytes = try Data(contentsOf: file)
                bytes.replaceSubrange(60..<64, with: [0, 0, 0, 9])
                try bytes.write(to: file)

                let record = try await stage.service(configuration).ended()
                #expect(record.ending == .exited(78))
                #expect(record.errors.contains("ERROR a newer hsmwatch wrote the spool \(file.path()) (version 9; "))
                #expect(record.errors.contains("not started, and the spool is unchanged"))
                #expect(await hsm.facts.accepted == polls)
                #expect(try Data(contentsOf: file) == bytes)
                let names = try FileManager.default.contentsOfDirectory(atPath: stage.stateDirectory().path())
                #expect(!names.contains { $0.contains("damaged") })
            }
        }
    }
}
