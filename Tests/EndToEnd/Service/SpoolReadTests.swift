// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The spool's disk, when it does not read", .timeLimit(.minutes(2)))
    struct SpoolReadTests {
        /// Leaves a spool with messages of 32 KiB, more than a service keeps in memory.
        private static func leaveBacklog(_ configuration: ConfigurationText, _ hsm: HSMSimulator, on stage: Stage)
            async throws
        {
            try await stage.leaveSpool(configuration, polling: hsm, times: 170)
        }

        private static func largeMessages(to graylog: Receiver, from hsm: HSMSimulator) -> ConfigurationText {
            let fields = (1...32).map { "f\($0): \(String(repeating: "x", count: 1024))" }.joined(separator: ", ")
            let large = (1...3).map { ConfigurationText.entry("khi-\($0)", hsm, "fields: {\(fields)}") }
            return ConfigurationText(to: graylog, hsms: large)
        }

        @Test(
            "read errors of a moment move no database aside, and nothing is lost: at the start, and during delivery",
            arguments: [(4, true), (2, false)])
        func errorsOfAMoment(count: Int, areAtStart: Bool) async throws {
            try await Stage.play { stage in
                let interposer = try await Interposer(on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = Self.largeMessages(to: graylog, from: hsm)
                try await Self.leaveBacklog(configuration, hsm, on: stage)
                if areAtStart { try interposer.setDisk(failingReads: count) }
                let service = try stage.service(configuration, environment: interposer.environment)
                if !areAtStart {
                    _ = try await service.said { $0.errors.contains("started") }
                    try interposer.setDisk(failingReads: count)
                }
                try await graylog.start()
                var mail = Mail()
                try await mail.collect("started", times: 2, from: graylog)
                #expect(mail.hasNoGap, "\(mail.missing)")
                let record = try await service.ended(by: SIGTERM)
                #expect(record.ending == .exited(0))
                #expect(!record.errors.contains("damaged"), "\(record.errors)")
            }
        }

        @Test("while the check of the spool hangs, systemd is asked for time, and SIGTERM ends the process at once")
        func hangs() async throws {
            try await Stage.play { stage in
                let interposer = try await Interposer(on: stage)
                let systemd = try stage.notifySocket()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                try await stage.leaveSpool(configuration, polling: hsm)
                let polls = await hsm.facts.accepted
                try interposer.setDisk(hangs: true)
                let environment = interposer.environment.merging(["NOTIFY_SOCKET": systemd.address]) { $1 }
                let service = try stage.service(configuration, environment: environment)
                let told = try await systemd.heard { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") }
                #expect(told.assignments.contains("STATUS=checking the spool in \(stage.stateDirectory().path())"))
                let begin = ContinuousClock.now
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                #expect(begin.duration(to: .now) < .seconds(5))
                try await systemd.heard { $0 == "STOPPING=1" }
                #expect(await hsm.facts.accepted == polls)
            }
        }
    }
}
