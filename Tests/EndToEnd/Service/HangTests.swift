// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("What hangs", .timeLimit(.minutes(2)))
    struct HangTests {
        /// How long a stop may take, whatever hangs.
        private static let stopLimit = Duration.seconds(5)

        /// How long a service takes to stop in good order.
        private static func stop(_ service: Child) async throws -> Duration {
            let start = ContinuousClock.now
            #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            return .now - start
        }

        // MARK: systemd

        @Test("polling and delivery go on while the notify socket is not read, and a stop is not delayed")
        func unreadSocket() async throws {
            try await Stage.play { stage in
                let systemd = try FullNotifySocket(stage.folder.appending(path: "full").path())
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let service = try stage.service(
                    ConfigurationText(to: graylog, watching: hsm),
                    environment: ["NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "200000"])
                _ = try await hsm.facts(within: patience) { $0.requests >= 50 }
                var mail = Mail()
                try await mail.collect(readings: 50, from: graylog)
                #expect(try await Self.stop(service) < Self.stopLimit)
            }
        }

        @Test("a notify socket that is read late gets every step in its order, and only the newest of each status")
        func lateReader() async throws {
            try await Stage.play { stage in
                let systemd = try FullNotifySocket(stage.folder.appending(path: "full").path())
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                let service = try stage.service(
                    configuration, environment: ["NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "200000"])
                var mail = Mail()
                try await mail.collect("started", from: graylog)
                for heartbeat in ["61s", "62s"] {
                    configuration.heartbeat = heartbeat
                    try stage.change(configuration)
                    service.signal(SIGHUP)
                    try await mail.collect("reloaded", from: graylog)
                }
                // In the time of so many readings the watchdog ticks many times.
                try await mail.collect(readings: 40, from: graylog)
                service.signal(SIGTERM)
                let notifications = try systemd.read { $0.contains("STOPPING=1") }
                #expect(try await service.ended().ending == .exited(0))
                // The connection to the HSM is stored on another thread.
                let unordered = ["STATUS=", "FDSTORE=", "BARRIER="]
                let steps = notifications.compactMap(\.first).filter { step in
                    !unordered.contains { step.hasPrefix($0) }
                }
                #expect(
                    steps.filter { $0 != "WATCHDOG=1" } == [
                        "READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1",
                    ])
                #expect(steps.count { $0 == "WATCHDOG=1" } <= 2)
            }
        }

        // MARK: Names

        @Test("names without an answer delay neither an HSM whose name is answered nor a stop")
        func silentNames() async throws {
            try await Stage.play { stage in
                let library = try await Interposer.library("start", on: stage)
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let silent = (1...80).map { "name: silent-\($0), address: \"hsm-\($0).silent.test:9010\"" }
                let good = "name: good, address: \"localhost:\(hsm.address.ports.lowerBound)\", connection: per-probe"
                var configuration = ConfigurationText(to: graylog, hsms: silent + [good])
                configuration.timing = "interval: 1s, timeout: 1s"
                let service = try stage.service(
                    configuration, environment: ["LD_PRELOAD": library, "HSMWATCH_TEST_SILENT": ".silent.test"])
                var mail = Mail()
                var readings = 0
                try await mail.collect(from: graylog) { message in
                    guard message.string("hsm_name") == "good" else { return false }
                    #expect(message.string("failure") == nil)
                    readings += message.isReading ? 1 : 0
                    return readings == 10
                }
                #expect(mail.messages.about("silent-80").contains { $0.string("failure") == "dns" })
                #expect(try await Self.stop(service) < Self.stopLimit)
            }
        }

        // MARK: The disk

        @Test("a disk that hangs does not hold a stop up, and what it did not take is counted, also by the next start")
        func hangingDisk() async throws {
            try await Stage.play { stage in
                let interposer = try await Interposer(on: stage)
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                let service = try stage.service(configuration, environment: interposer.environment)
                _ = try await hsm.facts(within: patience) { $0.requests >= 10 }
                try interposer.setDisk(hangs: true)
                let requests = await hsm.facts.requests
                _ = try await hsm.facts(within: patience) { $0.requests >= requests + 10 }
                let begin = ContinuousClock.now
                let record = try await service.ended(by: SIGTERM)
                #expect(record.ending == .exited(0))
                #expect(.now - begin < Self.stopLimit)
                let lost = /dropped up to \d+ messages before delivery: the disk has not answered until the end/
                #expect(record.errors.contains(lost), "\(record.errors)")
                try interposer.setDisk(hangs: false)
                let next = try stage.service(configuration, environment: interposer.environment)
                _ = try await hsm.facts(within: patience) { $0.accepted >= 2 }
                let told = try await next.ended(by: SIGTERM).errors
                #expect(told.contains("the last run did not close the spool; messages since"), "\(told)")
            }
        }

        // MARK: A proxy

        @Test("a proxy that never answers CONNECT does not hold a stop up")
        func silentProxy() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let proxy = try await stage.hsm(HSMBehaviour(fault: .hang))
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.otherOutputs = [
                    "name: siem, type: gelf-http, endpoints: [\"graylog.example:443\"], tls: {}, "
                        + "proxy: \"\(proxy.address)\""
                ]
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 10, from: graylog)
                _ = try await proxy.facts(within: patience) { $0.accepted >= 2 }
                #expect(try await Self.stop(service) < Self.stopLimit)
            }
        }
    }
}
