// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchSimulation

extension EndToEnd {
    @Suite("A pause of the service", .timeLimit(.minutes(2)))
    struct PauseTests {
        /// What no reply takes here, however busy the machine; the pause is longer.
        private static let ampleLatency: Int64 = 1500

        @Test("a reply that came while the process was stopped has the time and the latency with which it came")
        func stopped() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                try await hsm.change { $0.slowPause = .milliseconds(10) }
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.timing = "interval: 5s, timeout: 5s"
                let service = try stage.service(configuration)
                _ = try await hsm.facts(within: patience) { $0.requests == 1 }
                // Some 200 ms from the first byte to the last, in as many pieces.
                try await hsm.change { $0.fault = .slow }
                _ = try await hsm.facts(within: patience) { $0.requests == 2 }
                service.signal(SIGSTOP)
                let asked = Timestamp.now
                _ = try await stage.outcome(ofTool: "sleep", ["3"])
                service.signal(SIGCONT)

                var mail = Mail()
                try await mail.collect(readings: 2, from: graylog)
                let reading = try #require(mail.readings.last)
                let latency = try #require(reading.decimal("latency_ms"))
                #expect((100...Double(Self.ampleLatency)).contains(latency))
                let came = reading.timestamp.milliseconds - asked.milliseconds
                #expect((0...Self.ampleLatency).contains(came), "\(came) ms after the question")
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
