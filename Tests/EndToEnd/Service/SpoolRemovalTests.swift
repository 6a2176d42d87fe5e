// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The spool's files, removed while the service runs", .timeLimit(.minutes(1)))
    struct SpoolRemovalTests {
        @Test(
            "it writes them anew: a kill after that loses nothing, and no second service starts meanwhile",
            arguments: [true, false])
        func removed(withDirectory: Bool) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let service = try stage.service(configuration)
                _ = try await hsm.facts(within: patience) { $0.requests >= 30 }
                let state = stage.stateDirectory()
                let files = FileManager.default
                if withDirectory {
                    try files.removeItem(at: state)
                } else {
                    for name in try files.contentsOfDirectory(atPath: state.path()) {
                        try files.removeItem(at: state.appending(path: name))
                    }
                }
                _ = try await service.said {
                    $0.errors.contains("the spool's files were removed or replaced while hsmwatch runs")
                }
                let second = try stage.service(
                    configuration, named: "second", environment: ["STATE_DIRECTORY": state.path()])
                #expect(try await second.ended().ending == .exited(75))
                let polls = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= polls + 10 }
                #expect(await hsm.facts.accepted == 1)
                #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))

                try await graylog.start()
                let next = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect("started", times: 2, from: graylog)
                #expect(mail.hasNoGap, "\(mail.missing)")
                #expect(mail.instances.count == 1)
                #expect(mail.readings.count >= 35)
                #expect(mail.reportedDrops == 0)
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
