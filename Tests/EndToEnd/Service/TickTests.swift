// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("Ticks", .timeLimit(.minutes(3)))
    struct TickTests {
        /// What the hanging HSMs do, they do all the time. A machine that is busy for seconds is not so in each of some
        /// windows.
        @Test("of 50 HSMs 25 hang, and each of the other 25 keeps its ticks to within 20 ms")
        func hangingHSMs() async throws {
            let (ticks, windows) = (12, 5)
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                var entries: [String] = []
                for number in 1...25 {
                    entries.append(ConfigurationText.entry("healthy-\(number)", try await stage.hsm()))
                    let hanging = try await stage.hsm(HSMBehaviour(fault: .hang))
                    entries.append(ConfigurationText.entry("hanging-\(number)", hanging))
                }
                var configuration = ConfigurationText(to: graylog, hsms: entries)
                configuration.timing = "interval: 500ms, timeout: 450ms"
                let service = try stage.service(configuration)

                var late: [Double] = []
                for _ in 1...windows where late.last ?? .infinity > 20 {
                    var mail = Mail()
                    try await mail.collect(readings: 25 * ticks, from: graylog)
                    let grid = TickGrid(mail.readings, interval: 500)
                    late.append(grid.skipped == 0 ? grid.typical : .infinity)
                    // All of them hang all the time; how often they are asked meanwhile depends on the machine.
                    let hanging = mail.messages.of("probe_failure").filter { $0.string("failure") == "no_reply" }
                    #expect(Set(hanging.compactMap { $0.string("hsm_name") }).count == 25)
                }
                #expect(late.last ?? .infinity <= 20, "each window, in ms: \(late)")
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("they do not drift, not even when every reply takes its time")
        func drift() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let slow = try await stage.hsm(HSMBehaviour(fault: .slow))
                try await slow.change { $0.slowPause = .milliseconds(1) }
                var configuration = ConfigurationText(to: graylog, watching: slow)
                configuration.timing = "interval: 200ms, timeout: 200ms"
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 24, from: graylog)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))

                // The earliest tick of each half is one that the machine has not delayed.
                let grid = TickGrid(mail.readings, interval: 200)
                let lateness = try #require(grid.lateness.first)
                let (first, second) = (lateness.prefix(12).min() ?? 0, lateness.dropFirst(12).min() ?? 0)
                #expect(abs(first - second) <= 10)
                #expect(grid.skipped <= 12, "a machine that is busy skips some")
            }
        }
    }
}
