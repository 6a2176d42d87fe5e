// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Reloaded by a hangup signal, the service", .timeLimit(.minutes(1)))
    struct ReloadTests {
        @Test("keeps unchanged and relabelled HSMs connected, begins an added one and ends a removed one")
        func hsms() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let (kept, removed, changed, added) = (
                    try await stage.hsm(), try await stage.hsm(), try await stage.hsm(), try await stage.hsm()
                )
                var configuration = ConfigurationText(
                    to: graylog,
                    hsms: [
                        ConfigurationText.entry("kept", kept), ConfigurationText.entry("removed", removed),
                        ConfigurationText.entry("changed", changed),
                    ])
                let manager = try stage.notifySocket()
                let service = try stage.service(configuration, environment: ["NOTIFY_SOCKET": manager.address])
                var mail = Mail()
                for name in ["kept", "removed", "changed"] {
                    try await mail.collect(from: graylog) { $0.string("hsm_name") == name }
                }
                configuration.hsms = [
                    ConfigurationText.entry("kept", kept), ConfigurationText.entry("added", added),
                    ConfigurationText.entry("changed", changed, "fields: {site: east}"),
                ]
                try stage.change(configuration)
                service.signal(SIGHUP)
                let told = try await mail.collect(from: graylog) { $0.tells("reloaded") }
                #expect(
                    told.string("message") == "hsmwatch has reloaded its configuration: "
                        + "1 HSM added (added), 1 HSM changed (changed), 1 HSM removed (removed)")
                let notified = try await manager.notifications.value { heard in
                    heard.assignments.count { $0 == "READY=1" } == 2
                }
                let assignments = notified.assignments
                let reloading = try #require(assignments.firstIndex(of: "RELOADING=1"))
                #expect(assignments[reloading + 1].hasPrefix("MONOTONIC_USEC="))

                try await mail.collect(from: graylog) { $0.string("hsm_name") == "added" }
                try await mail.collect(from: graylog) { $0.string("site") == "east" }
                _ = try await removed.facts(within: patience) { $0.open == 0 }
                try await mail.collect(readings: 10, from: graylog)
                let since = mail.messages.drop { $0 != told }
                #expect(!since.contains { $0.string("hsm_name") == "removed" })
                #expect(!since.contains { $0.string("hsm_name") == "kept" && $0.string("event_type") != "reading" })
                #expect(await kept.facts.accepted == 1)
                #expect(!since.contains { $0.string("hsm_name") == "changed" && $0.string("event_type") != "reading" })
                #expect(await changed.facts.accepted == 1)
                #expect(mail.isComplete)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("refuses a broken file with its line and column, and goes on as before")
        func refused() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let good = ConfigurationText(to: graylog, watching: hsm)
                let manager = try stage.notifySocket()
                let service = try stage.service(good, environment: ["NOTIFY_SOCKET": manager.address])
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)
                var bad = good
                bad.hsms.append("name: khi-2, address: \"127.0.0.1:9010\", intervall: 5s")
                bad.hsms.append("name: khi-1, address: \"127.0.0.1:9010\"")
                let file = try stage.change(bad)
                service.signal(SIGHUP)
                let told = try await mail.collect(from: graylog) { $0.tells("reload_failed") }
                let reason = try #require(told.string("reason"))
                #expect(reason.hasPrefix("\(file):6:"))
                #expect(reason.contains("unknown key 'intervall'"))
                #expect(reason.hasSuffix("(and 1 more)"))
                #expect(told.integer("level") == 4)
                try await manager.heard { $0.hasPrefix("STATUS=1 HSM: ") && $0.hasSuffix(" · not reloaded: \(reason)") }
                _ = try await service.said { $0.errors.contains("\(file):7:") }
                try await mail.collect(readings: 3, from: graylog)
                #expect(await hsm.facts.accepted == 1)

                try stage.change(good)
                service.signal(SIGHUP)
                let again = try await mail.collect(from: graylog) { $0.tells("reloaded") }
                #expect(again.string("message")?.hasSuffix("no HSM and no output is another") == true)
                let notified = try await manager.notifications.value { heard in
                    heard.assignments.count { $0 == "READY=1" } == 3
                }
                #expect(notified.assignments.last?.contains("not reloaded") == false)
                #expect(await hsm.facts.accepted == 1)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("names a new runbook in the next message that says what to do")
        func runbook() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                var configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)
                configuration.runbook = "https://wiki.example.net/hsm"
                try stage.change(configuration)
                service.signal(SIGHUP)
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                let stopping = try await mail.collect(from: graylog) { $0.tells("stopping") }
                #expect(stopping.string("next_step")?.hasSuffix(" Runbook: https://wiki.example.net/hsm") == true)
            }
        }

        @Test("obeys also when the signal comes during the start")
        func early() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                // A spool that another program has open is logged before anything runs.
                let reader = try DatabaseReader.ofNewSpool(in: stage.stateDirectory())
                defer { try? reader.close() }
                let service = try stage.service(configuration)
                _ = try await service.said { $0.errors.contains("disk fails") }
                service.signal(SIGHUP)
                _ = try await service.said { $0.errors.contains("has reloaded") }
                var mail = Mail()
                try await mail.collect(readings: 3, from: graylog)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("tells the journal more or less, as log_level says")
        func logLevel() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                var configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                configuration.heartbeat = "100ms"
                let service = try stage.service(configuration)
                let before = try await service.said { $0.errors.contains("INFO hsmwatch watches") }
                #expect(!before.errors.contains("DEBUG"))
                configuration.logLevel = "debug"
                try stage.change(configuration)
                service.signal(SIGHUP)
                _ = try await service.said { $0.errors.contains(/DEBUG \d+ TCP socket connections are consumed/) }
                configuration.logLevel = "error"
                try stage.change(configuration)
                service.signal(SIGHUP)
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                let quiet = await service.record.value.errors
                try await mail.collect(readings: 5, from: graylog)
                #expect(await service.record.value.errors == quiet)
                #expect(try await service.ended(by: SIGTERM).errors == quiet)
            }
        }

        @Test("begins a new output at the present, and releases what a removed one held")
        func outputs() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let (down, new) = (try await stage.graylogThatIsDown(), try await stage.graylog())
                var configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
                configuration.confirm = "100ms"
                configuration.otherOutputs = [ConfigurationText.output("down", to: down)]
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 10, from: graylog)
                configuration.otherOutputs = [ConfigurationText.output("new", to: new)]
                try stage.change(configuration)
                service.signal(SIGHUP)
                let told = try await mail.collect(from: graylog) { $0.tells("reloaded") }
                #expect(
                    told.string("message") == "hsmwatch has reloaded its configuration: "
                        + "1 output added (new), 1 output removed (down)")
                let drop = try await mail.collect(from: graylog) { $0.tells("messages_dropped") }
                #expect(drop.string("reason") == "the output that they waited for is no longer configured")
                // All but what `graylog` had not confirmed either.
                #expect(try #require(drop.integer("dropped")) > 0)
                #expect(try #require(drop.integer("dropped")) < mail.messages.count)
                var other = Mail()
                try await other.collect(readings: 3, from: new)
                let first = try #require(other.sequences.first)
                let present = try #require(told.integer("sequence"))
                #expect(first <= present && first > present - mail.messages.count)
                #expect(other.sequences == Array(first..<(first + other.sequences.count)))
                #expect(mail.isComplete)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("brings what an output has not confirmed to the endpoint that it has now")
        func endpoint() async throws {
            try await Stage.play { stage in
                let (down, graylog) = (try await stage.graylogThatIsDown(), try await stage.graylog())
                let hsm = try await stage.hsm()
                let service = try stage.service(ConfigurationText(to: down, watching: hsm))
                _ = try await service.said { $0.errors.contains("cannot deliver") }
                _ = try await hsm.facts(within: patience) { $0.requests >= 5 }
                try stage.change(ConfigurationText(to: graylog, watching: hsm))
                service.signal(SIGHUP)
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                try await mail.collect(readings: 8, from: graylog)
                #expect(mail.isComplete)
                #expect(await hsm.facts.accepted == 1)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("100 times in a row, keeps no descriptor and no memory of it")
        func leaks() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let (kept, other) = (try await stage.hsm(), try await stage.hsm())
                var configuration = ConfigurationText(to: graylog, watching: kept)
                let manager = try stage.notifySocket()
                let service = try stage.service(configuration, environment: ["NOTIFY_SOCKET": manager.address])
                try await manager.heard { $0 == "READY=1" }
                let hsms = configuration.hsms + [ConfigurationText.entry("khi-2", other)]
                var known: (descriptors: Int, kilobytes: Int) = (0, 0)
                for round in 1...120 {
                    // Another HSM and another output, every other time.
                    configuration.hsms = round.isMultiple(of: 2) ? hsms : Array(hsms.prefix(1))
                    configuration.confirm = round.isMultiple(of: 2) ? "1s" : "2s"
                    try stage.change(configuration)
                    service.signal(SIGHUP)
                    _ = try await manager.notifications.value { heard in
                        heard.assignments.count { $0 == "READY=1" } == round + 1
                    }
                    if round == 20 { known = try service.resources }
                }
                _ = try await other.facts(within: patience) { $0.open == 1 }
                var now = try service.resources
                // Outputs and connections that were replaced end within a few polls; what leaks never does.
                for _ in 1...50 where now.descriptors > known.descriptors + 3 {
                    let polls = await kept.facts.requests
                    _ = try await kept.facts(within: patience) { $0.requests > polls }
                    now = try service.resources
                }
                #expect(now.descriptors <= known.descriptors + 3)
                #expect(now.kilobytes < known.kilobytes + 4096)
                #expect(await kept.facts.accepted == 1)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}

extension Child {
    /// Its open descriptors, and the memory that it holds (proc(5)).
    fileprivate var resources: (descriptors: Int, kilobytes: Int) {
        get throws {
            let process = "/proc/\(processIdentifier)"
            let status = try String(contentsOfFile: "\(process)/status", encoding: .utf8)
            let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            let kilobytes = resident?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return (
                try FileManager.default.contentsOfDirectory(atPath: "\(process)/fd").count, try #require(kilobytes)
            )
        }
    }
}
