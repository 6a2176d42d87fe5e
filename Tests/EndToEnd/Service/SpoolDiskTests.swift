// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    /// The kernel makes no file system read-only in good order while a file on it is open for writing. It happens all the
    /// same: at an error. So the disk is a real one that fails so, and for the way back one whose every write fails with
    /// what ext4 answers then.
    @Suite("The spool's disk", .timeLimit(.minutes(2)))
    struct SpoolDiskTests {
        /// Lets the HSM be polled some times more.
        private static func poll(_ hsm: HSMSimulator, times: Int = 10) async throws {
            let polls = await hsm.facts.requests
            _ = try await hsm.facts(within: patience) { $0.requests >= polls + times }
        }

        /// Kills the service after its return to the disk, and expects that all it has numbered arrives from there.
        private static func expectAll(
            of service: Child, at graylog: Receiver, instances: Int, thenWith next: () throws -> Child
        ) async throws {
            _ = try await service.said { $0.errors.contains("the spool's disk works again") }
            #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
            try await graylog.start()
            let next = try next()
            var mail = Mail()
            try await mail.collect("started", times: 2, from: graylog)
            #expect(mail.hasNoGap, "\(mail.missing)")
            #expect(mail.instances.count == instances)
            #expect(mail.reportedDrops == 0)
            #expect(mail.readings.count >= 20)
            #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
        }

        @Test("becomes read-only while messages flow: polling goes on in memory, and on the disk when it may")
        func readOnlyInUse() async throws {
            try await Stage.play { stage in
                let interposer = try await Interposer(on: stage)
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let service = try stage.service(configuration, environment: interposer.environment)
                var mail = Mail()
                try await mail.collect(readings: 5, from: graylog)
                try interposer.setDisk(readOnly: true)
                _ = try await service.said { $0.errors.contains("going on in memory") }
                // It flows on while the disk fails.
                try await mail.collect(readings: 10, from: graylog)
                try await graylog.stop()
                try await Self.poll(hsm)
                let record = await service.record.value
                #expect(!record.errors.contains("works again"))
                try interposer.setDisk(readOnly: false)
                _ = try await service.said { $0.errors.contains("the spool's disk works again") }
                #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                try await graylog.start()
                let next = try stage.service(configuration)
                let first = mail.messages.first?.string("instance")
                // What was sent before it was killed, but not confirmed, comes again.
                try await mail.collect(from: graylog) { $0.tells("started") && $0.string("instance") != first }
                #expect(mail.hasNoGap, "\(mail.missing)")
                #expect(mail.instances.count == 2)
                #expect(mail.reportedDrops == 0)
                #expect(mail.readings.count >= 25)
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test(
            "is full: polling goes on in memory, and on the disk when there is room; nothing is lost",
            .enabled(if: Disk.isPossible, "only root can mount a disk"))
        func full() async throws {
            try await Stage.play { stage in
                let disk = try await Disk(.memory, on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let service = try stage.service(configuration)
                try await Self.poll(hsm)
                let ballast = try disk.fill()
                _ = try await service.said {
                    $0.errors.contains("the spool's disk fails (database or disk is full, SQLite code 13)")
                }
                try await Self.poll(hsm)
                try FileManager.default.removeItem(at: ballast)
                try await Self.expectAll(of: service, at: graylog, instances: 2) { try stage.service(configuration) }
            }
        }

        @Test(
            "is read-only at the start: polling goes on in memory, and on the disk when it is mounted for writing",
            .enabled(if: Disk.isPossible, "only root can mount a disk"))
        func readOnlyAtStart() async throws {
            try await Stage.play { stage in
                let disk = try await Disk(.memory, on: stage)
                try await disk.set(readOnly: true)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let service = try stage.service(configuration)
                _ = try await service.said { $0.errors.contains("going on in memory") }
                try await Self.poll(hsm, times: 20)
                try await disk.set(readOnly: false)
                try await Self.expectAll(of: service, at: graylog, instances: 1) { try stage.service(configuration) }
            }
        }

        @Test(
            "fails and becomes read-only: what was on it arrives after the repair, what came later goes on from memory",
            .enabled(if: Disk.isPossible, "only root can mount a disk"))
        func fails() async throws {
            try await Stage.play { stage in
                let disk = try await Disk(.ext4, on: stage)
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: graylog, watching: hsm)
                let service = try stage.service(configuration)
                try await Self.poll(hsm)
                try await disk.fail()
                _ = try await service.said { $0.errors.contains("going on in memory") }
                try await Self.poll(hsm)
                let record = try await service.ended(by: SIGTERM)
                #expect(record.ending == .exited(0))
                // Where nothing can be kept and nobody takes it, the journal has the count.
                let lost = try #require(
                    record.errors.firstMatch(
                        of: /dropped ([0-9]+) messages before delivery: the disk has failed until the end/)?.1)
                #expect(try #require(Int(lost)) >= 10)

                try await disk.repair()
                try await graylog.start()
                let next = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect("started", times: 2, from: graylog)
                #expect(mail.hasNoGap, "\(mail.missing)")
                #expect(mail.instances.count == 1)
                #expect(mail.readings.count >= 8)
                #expect(try await next.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
