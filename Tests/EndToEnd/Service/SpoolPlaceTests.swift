// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("The spool's place", .timeLimit(.minutes(1)))
    struct SpoolPlaceTests {
        @Test(
            "without permission for its place it goes on in memory, and on the disk when it has it; nothing is lost",
            .enabled(if: Disk.isPossible, "only root can take another user's permission away"))
        func permission() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let state = stage.stateDirectory()
                try FileManager.default.createDirectory(at: state, withIntermediateDirectories: false)
                #expect(chmod(state.path(), 0o700) == 0)
                // A user whom files give nothing but what they give everybody.
                let service = try stage.service(
                    ConfigurationText(to: graylog, watching: hsm),
                    after: #"exec setpriv --reuid 65534 --regid 65534 --clear-groups "$0" run --config "$1""#)
                _ = try await service.said { $0.errors.contains("going on in memory") }
                _ = try await hsm.facts(within: patience) { $0.requests >= 10 }
                #expect(chmod(state.path(), 0o777) == 0)
                _ = try await service.said { $0.errors.contains("the spool's disk works again") }
                // On the disk now: what was in memory outlives the process.
                #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                try await graylog.start()
                _ = try stage.service(ConfigurationText(to: graylog, watching: hsm))
                var mail = Mail()
                for _ in 1...2 { try await mail.collect(from: graylog) { $0.tells("started") } }
                #expect(mail.isComplete)
                #expect(mail.readings.count >= 10)
            }
        }
    }
}
