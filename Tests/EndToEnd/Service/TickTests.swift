// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("Ticks", .timeLimit(.minutes(1)))
    struct TickTests {
        /// A machine that is busy delays every process. So a second service, without hanging HSMs, runs at the same
        /// time, and what counts is how much later the first one is: for 19 ticks of 20, since what the machine does
        /// to the rest is chance.
        @Test("of 50 HSMs 25 hang, and the other 25 keep their ticks to within 20 ms")
        func hangingHSMs() async throws {
            let ticks = 12
            try await Stage.play { stage in
                let (graylog, controlGraylog) = (try await stage.graylog(), try await stage.graylog())
                var entries: [String] = []
                for number in 1...25 {
                    entries.append(ConfigurationText.entry("healthy-\(number)", try await stage.hsm()))
                }
                var control = ConfigurationText(to: controlGraylog, hsms: entries)
                control.timing = "interval: 500ms, timeout: 450ms"
                for number in 1...25 {
                    let hanging = try await stage.hsm(HSMBehaviour(fault: .hang))
                    entries.append(ConfigurationText.entry("hanging-\(number)", hanging))
                }
                var configuration = ConfigurationText(to: graylog, hsms: entries)
                configuration.timing = control.timing
                let controlService = try stage.service(control, named: "control")
                let service = try stage.service(configuration)

                var (mail, controlMail) = (Mail(), Mail())
                try await mail.collect(readings: 25 * ticks, from: graylog)
                try await controlMail.collect(readings: 25 * ticks, from: controlGraylog)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
                #expect(try await controlService.ended(by: SIGTERM).ending == .exited(0))

                let grid = TickGrid(mail.readings, interval: 500)
                let controlGrid = TickGrid(controlMail.readings, interval: 500)
                #expect(grid.lateness(quantile: 0.95) <= controlGrid.lateness(quantile: 0.95) + 20)
                #expect(grid.skipped <= controlGrid.skipped)
                let hanging = mail.messages.of("probe_failure")
                #expect(hanging.count { $0.string("failure") == "no_reply" } >= 25 * (ticks - 2))
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
                let (first, second) = (grid.lateness.prefix(12).min() ?? 0, grid.lateness.dropFirst(12).min() ?? 0)
                #expect(abs(first - second) <= 10)
                #expect(grid.skipped <= 2)
            }
        }
    }
}
