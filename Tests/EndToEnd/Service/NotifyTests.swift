// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Notifications to systemd", .timeLimit(.minutes(1)))
    struct NotifyTests {
        @Test("it is ready with every HSM and Graylog down, and says how things are")
        func ready() async throws {
            try await Stage.play { stage in
                let systemd = try stage.notifySocket()
                let graylog = try await stage.graylogThatIsDown()
                let dead = try await stage.hsm(HSMBehaviour(fault: .refuse))
                let hanging = try await stage.hsm(HSMBehaviour(fault: .hang))
                let configuration = ConfigurationText(
                    to: graylog,
                    hsms: [ConfigurationText.entry("khi-1", dead), ConfigurationText.entry("khi-2", hanging)])
                _ = try stage.service(configuration, environment: ["NOTIFY_SOCKET": systemd.address])
                let first = try #require(try await systemd.heard { $0 == "READY=1" }.first)
                #expect(first.assignments.contains("READY=1"))
                #expect(first.assignments.contains { $0.hasPrefix("STATUS=2 HSMs: ") })
                try await systemd.heard { status in
                    status.wholeMatch(of: /STATUS=2 HSMs: 2 unreachable \(khi-1, khi-2\) · [1-9][0-9]* queued/) != nil
                }
            }
        }

        @Test("the status names HSMs that are not ok, and how many messages wait")
        func status() async throws {
            try await Stage.play { stage in
                let systemd = try stage.notifySocket()
                let graylog = try await stage.graylog()
                let healthy = try await stage.hsm(HSMBehaviour(total: 256))
                let full = try await stage.hsm(HSMBehaviour(total: 256, inUse: 243))
                var configuration = ConfigurationText(
                    to: graylog,
                    hsms: [ConfigurationText.entry("khi-1", healthy), ConfigurationText.entry("khi-2", full)])
                configuration.timing = "interval: 3s, timeout: 2s"
                _ = try stage.service(configuration, environment: ["NOTIFY_SOCKET": systemd.address])
                try await systemd.heard {
                    $0 == "STATUS=2 HSMs: 1 ok, 1 critical (khi-2: 12 of 256 available) · 0 queued"
                }
            }
        }

        @Test("the watchdog is answered twice in its time, with every HSM and Graylog down")
        func watchdog() async throws {
            let timeout = Duration.seconds(1)
            try await Stage.play { stage in
                let systemd = try stage.notifySocket()
                let graylog = try await stage.graylogThatIsDown()
                let configuration = ConfigurationText(
                    to: graylog, watching: try await stage.hsm(HSMBehaviour(fault: .hang)))
                _ = try stage.service(
                    configuration,
                    environment: [
                        "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "\(Int(timeout / .microseconds(1)))",
                    ])
                let isPing = { @Sendable (notification: NotifySocket.Notification) in
                    notification.assignments == ["WATCHDOG=1"]
                }
                // A busy machine delays a ping, and then the next comes sooner: six in a row are not always on time.
                _ = try await systemd.notifications.value { notifications in
                    let pings = notifications.filter(isPing).suffix(6)
                    let gaps = zip(pings, pings.dropFirst()).map { $0.arrivedAt.duration(to: $1.arrivedAt) }
                    return gaps.count == 5 && gaps.allSatisfy { $0 < timeout }
                        && gaps.reduce(.zero, +) / gaps.count < timeout * 0.55
                }
            }
        }

        @Test("it is given each connection that has answered, once; nothing stands when both have ended")
        func connections() async throws {
            try await Stage.play { stage in
                let systemd = try stage.notifySocket()
                let graylog = try await stage.graylog()
                let hsms = [try await stage.hsm(), try await stage.hsm()]
                let perProbe = try await stage.hsm()
                let hanging = try await stage.hsm(HSMBehaviour(fault: .hang))
                var configuration = ConfigurationText(
                    to: graylog,
                    hsms: [
                        ConfigurationText.entry("khi-1", hsms[0]), ConfigurationText.entry("khi-2", hsms[1]),
                        ConfigurationText.entry("khi-3", perProbe, "connection: per-probe"),
                        ConfigurationText.entry("khi-4", hanging),
                    ])
                configuration.timing = "interval: 1s, timeout: 1s"
                let service = try stage.service(configuration, environment: ["NOTIFY_SOCKET": systemd.address])
                for hsm in hsms + [perProbe, hanging] {
                    _ = try await hsm.facts(within: patience) { $0.requests >= 3 }
                }
                _ = try await systemd.notifications.value {
                    $0.assignments.count { $0.hasPrefix("FDNAME=") } == 2
                }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                let assignments = await systemd.notifications.value.assignments
                #expect(assignments.count { $0 == "FDSTORE=1" } == 2)
                for hsm in hsms {
                    #expect(try await hsm.facts(within: patience) { $0.open == 0 }.accepted == 1)
                }
            }
        }

        @Test("without a watchdog none is answered, and the end is announced; an abstract address works as well")
        func stopping() async throws {
            try await Stage.play { stage in
                let systemd = try stage.notifySocket(isAbstract: true)
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                let service = try stage.service(configuration, environment: ["NOTIFY_SOCKET": systemd.address])
                try await systemd.heard { $0 == "READY=1" }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                let assignments = try await systemd.heard { $0 == "STOPPING=1" }.assignments
                #expect(assignments.count { $0 == "READY=1" } == 1)
                #expect(assignments.contains { $0.wholeMatch(of: /EXTEND_TIMEOUT_USEC=[0-9]+/) != nil })
                #expect(!assignments.contains("WATCHDOG=1"))
            }
        }
    }
}
