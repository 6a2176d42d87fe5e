// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("HSMs that send unasked replies", .timeLimit(.minutes(2)))
    struct UnaskedReplyTests {
        private static let readings = 30

        @Test(
            "are reported once in the journal and in Graylog, and then give readings",
            arguments: [HSMFault.double, .early], ["", "query_ports: [9010, 9011]"])
        func toldOnce(fault: HSMFault, options: String) async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm(HSMBehaviour(total: 64, inUse: 3, fault: fault))
                var configuration = ConfigurationText(
                    to: graylog, hsms: [ConfigurationText.entry("khi-1", hsm, options)])
                configuration.timing = "interval: 200ms, timeout: 200ms"
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: Self.readings, from: graylog)
                let record = try await service.ended(by: SIGTERM)

                let told = mail.messages.of("probe_failure").filter { $0.string("failure") == "malformed" }
                #expect(told.allSatisfy { $0.string("failure_detail")?.hasPrefix("unasked reply: <2223#60#") == true })
                // One probe, with a failure for each query port that it may concern.
                #expect((1...(options.isEmpty ? 1 : 2)).contains(told.count), "\(told)")
                #expect(record.errors.split(separator: "unasked reply").count - 1 == told.count, "\(record.errors)")
                #expect(mail.readings.allSatisfy { $0.integer("sockets_available") == 60 })
                #expect(await hsm.facts.mostOpen == 1)
            }
        }
    }
}
