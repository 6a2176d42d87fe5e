// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    /// The one socket that the monitor holds is worth most while the HSM has no other left.
    @Suite("Reloaded with another configuration of an HSM, the service", .timeLimit(.minutes(1)))
    struct ReloadOfHSMTests {
        /// A busy machine answers in that time.
        private static let timing = "interval: 2s, timeout: 2s"

        @Test("keeps the last socket of a full HSM, and judges the readings on it by the new thresholds")
        func full() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                // As `simulate --total 2 --in-use 1 --fault full:refuse`: the monitor takes the last one.
                let hsm = try await stage.hsm(HSMBehaviour(total: 2, inUse: 1, fault: .full(.refuse)))
                var configuration = ConfigurationText(
                    to: graylog, hsms: [ConfigurationText.entry("khi-1", hsm, "alert: {critical: 0}")])
                configuration.timing = Self.timing
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)
                #expect(mail.readings.allSatisfy { $0.integer("sockets_available") == 0 && $0.string("state") == "ok" })

                // Thresholds, a label, a forecast, and defaults that are inherited, one after the other and all at once.
                configuration.timing = "interval: 3s, timeout: 2500ms, forecast: {window: 20m}"
                try stage.change(configuration)
                service.signal(SIGHUP)
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                configuration.hsms = [
                    ConfigurationText.entry("khi-1", hsm, "alert: {critical: 1, raise_after: 9}, fields: {site: east}")
                ]
                try stage.change(configuration)
                service.signal(SIGHUP)
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                let change = try await mail.collect(from: graylog) { $0.string("event_type") == "state_change" }
                let words = "is critical by new thresholds: 0 of 2 sockets available (was ok for "
                #expect(change.string("message")?.hasPrefix("HSM khi-1 at \(hsm.address) \(words)") == true)
                #expect(change.string("previous_state") == "ok" && change.string("site") == "east")
                #expect(change.integer("threshold_critical") == 1)
                try await mail.collect(readings: 1, from: graylog)
                #expect(mail.messages.of("probe_failure").isEmpty)
                #expect(mail.messages.of("state_change").count == 2)
                #expect(await hsm.facts.accepted == 1)
                #expect(mail.isComplete)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("replaces the connection for another line ending or query port, and keeps the state")
        func wire() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.timing = Self.timing
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 1, from: graylog)
                configuration.hsms = [ConfigurationText.entry("khi-1", hsm, "line_ending: crlf")]
                try stage.change(configuration)
                service.signal(SIGHUP)
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                _ = try await hsm.facts(within: patience) { $0.bytes.contains(UInt8(ascii: "\r")) }
                configuration.hsms = [ConfigurationText.entry("khi-1", hsm, "line_ending: crlf, query_ports: [9010]")]
                try stage.change(configuration)
                service.signal(SIGHUP)
                try await mail.collect(from: graylog) { $0.tells("reloaded") }
                // The query is a new one, of which nothing is known.
                let change = try await mail.collect(from: graylog) {
                    $0.string("event_type") == "state_change" && $0.integer("query_port") == 9010
                }
                #expect(change.string("previous_state") == "unknown")
                #expect(mail.messages.of("state_change").count == 2)
                #expect(mail.messages.of("probe_failure").isEmpty)
                let facts = await hsm.facts
                #expect(facts.accepted == 3 && facts.mostOpen == 1)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
