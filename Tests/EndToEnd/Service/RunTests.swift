// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch run", .timeLimit(.minutes(1)))
    struct RunTests {
        @Test("SIGTERM and SIGINT end it in good order, with a last word and exit 0", arguments: [SIGTERM, SIGINT])
        func stop(signal: Int32) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let service = try stage.service(ConfigurationText(to: graylog, watching: hsm))
                var mail = Mail()
                try await mail.collect(readings: 3, from: graylog)
                let record = try await service.ended(by: signal)
                #expect(record.ending == .exited(0))
                #expect(record.output == "")
                let last = try await mail.collect(from: graylog) { $0.tells("stopping") }

                let first = try #require(mail.messages.first)
                #expect(first.tells("started"))
                #expect(first.string("message") == "hsmwatch 0.1.0 started, watching 1 HSM")
                #expect(first.integer("level") == 5)
                #expect(last.integer("level") == 5)
                #expect(last.integer("waiting") != nil)
                #expect(mail.isComplete)
                #expect(await graylog.facts.waiting == 0)
                let facts = try await hsm.facts(within: patience) { $0.open == 0 }
                #expect(facts.accepted == 1)
            }
        }

        @Test("a signal before it is ready is obeyed too", arguments: [SIGTERM, SIGINT])
        func stopDuringStart(signal: Int32) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                // A spool that another program has open is logged before anything runs.
                let reader = try DatabaseReader.ofNewSpool(in: stage.stateDirectory())
                defer { try? reader.close() }
                let service = try stage.service(configuration)
                _ = try await service.said { $0.errors.contains("disk fails") }
                #expect(try await service.ended(by: signal).ending == .exited(0))
            }
        }

        @Test("a bad configuration is named with file, line and column, and nothing is started: exit 78")
        func badConfiguration() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.hsms.append("name: khi-2, address: \"127.0.0.1:9010\", intervall: 5s")
                let record = try await stage.service(configuration).ended()
                #expect(record.ending == .exited(78))
                #expect(record.output == "")
                let file = stage.folder.appending(path: "service.yaml").path()
                #expect(record.errors.contains("\(file):6:"))
                #expect(record.errors.contains(": error: "))
                #expect(record.errors.contains("interval"))
                #expect(await hsm.facts.accepted == 0)
                #expect(await graylog.facts.accepted == 0)
                #expect(!FileManager.default.fileExists(atPath: stage.stateDirectory().path()))
            }
        }

        @Test("a second one on the same spool names the spool and ends with exit 75 before it polls")
        func spoolInUse() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let polled = try await stage.hsm()
                let first = try stage.service(ConfigurationText(to: graylog, watching: polled))
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)

                var other = ConfigurationText(to: graylog, watching: polled)
                let unpolled = try await stage.hsm()
                other.hsms.append(ConfigurationText.entry("khi-2", unpolled))
                let state = stage.stateDirectory().path()
                let record = try await stage.service(
                    other, named: "second", environment: ["STATE_DIRECTORY": state]
                ).ended()
                #expect(record.ending == .exited(75))
                #expect(record.errors.contains("ERROR another hsmwatch uses \(state)/spool.sqlite: "))
                #expect(record.errors.count { $0 == "\n" } == 1)

                try await mail.collect(readings: 3, from: graylog)
                #expect(await polled.facts.accepted == 1)
                #expect(await unpolled.facts.accepted == 0)
                #expect(mail.messages.telling("started").count == 1)
                #expect(mail.isComplete)
                #expect(try await first.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("a configuration that is not there ends it with exit 78")
        func missingConfiguration() async throws {
            try await Stage.play { stage in
                let file = stage.folder.appending(path: "missing.yaml").path()
                let record = try await stage.outcome(of: ["run", "--config", file])
                #expect(record.ending == .exited(78))
                #expect(record.errors.contains(file))
            }
        }

        @Test("no HSM is overdue while its probes end, whether it answers, refuses or rejects the command")
        func notOverdue() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let healthy = try await stage.hsm(HSMBehaviour(total: 128))
                let dead = try await stage.hsm(HSMBehaviour(fault: .refuse))
                let rejecting = try await stage.hsm(HSMBehaviour(fault: .error(22)))
                var configuration = ConfigurationText(
                    to: graylog,
                    hsms: [
                        ConfigurationText.entry("khi-1", healthy), ConfigurationText.entry("khi-2", dead),
                        ConfigurationText.entry("khi-3", rejecting),
                    ])
                configuration.heartbeat = "500ms"
                let service = try stage.service(configuration)
                var mail = Mail()
                // Three intervals, and what a pause may count, have passed by then.
                let heartbeat = try await mail.collect(from: graylog) { message in
                    message.string("event_type") == "heartbeat" && (message.integer("uptime_seconds") ?? 0) >= 5
                }
                #expect(heartbeat.integer("hsms_total") == 3)
                #expect(heartbeat.integer("hsms_overdue") == 0)
                #expect(!mail.messages.contains { $0.string("action") == "probes_overdue" })
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("the heartbeat counts HSMs by state, probes and messages")
        func heartbeat() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let healthy = try await stage.hsm(HSMBehaviour(total: 128))
                let full = try await stage.hsm(HSMBehaviour(total: 128, inUse: 120))
                let dead = try await stage.hsm(HSMBehaviour(fault: .refuse))
                let strange = try await stage.hsm(HSMBehaviour(fault: .garbage))
                var configuration = ConfigurationText(
                    to: graylog,
                    hsms: [
                        ConfigurationText.entry("khi-1", healthy), ConfigurationText.entry("khi-2", full),
                        ConfigurationText.entry("khi-3", dead), ConfigurationText.entry("khi-4", strange),
                    ])
                configuration.heartbeat = "500ms"
                let service = try stage.service(configuration)
                var mail = Mail()
                let heartbeat = try await mail.collect(from: graylog) { message in
                    message.string("event_type") == "heartbeat" && message.integer("hsms_unreachable") == 1
                        && message.integer("hsms_ok") == 1
                }
                #expect(heartbeat.integer("hsms_total") == 4)
                #expect(heartbeat.integer("hsms_warning") == 0)
                #expect(heartbeat.integer("hsms_critical") == 1)
                #expect(heartbeat.integer("hsms_unknown") == 1)
                let sent = mail.messages.prefix { $0 != heartbeat }
                #expect(heartbeat.integer("probes") == sent.count { $0.string("hsm_name") != nil && !$0.isStateChange })
                #expect(heartbeat.integer("probes_failed") == Array(sent).of("probe_failure").count)
                #expect(heartbeat.integer("dropped") == 0)
                #expect(heartbeat.integer("level") == 6)
                for count in ["probes_skipped", "spooled", "uptime_seconds"] {
                    #expect(heartbeat.integer(count) != nil)
                }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
