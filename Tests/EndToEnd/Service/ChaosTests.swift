// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    /// Whatever happens to Graylog and to hsmwatch, what hsmwatch has numbered arrives.
    @Suite("Chaos", .timeLimit(.minutes(5)))
    struct ChaosTests {
        private enum Trouble: CaseIterable {
            case stopped, slowed, reset, killed
        }

        @Test(
            "at 1,000 messages a second with Graylog stopped, slowed and reset, and the service killed, nothing is lost",
            arguments: [1] as [UInt64])
        func chaos(seed: UInt64) async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                let graylog = try await stage.graylog()
                let arrivals = graylog.arrivals()
                var configuration = load.configuration(to: graylog.address, confirm: "100ms")
                // What a rewind sends again is sent twice on purpose.
                configuration.rewind = "0"
                var numbers = SeededNumbers(seed: seed)
                var service = try stage.service(configuration, program: Stage.releaseProgram)
                try await arrivals.areInGoodOrder()
                for trouble in (1...2).flatMap({ _ in Trouble.allCases.shuffled(using: &numbers) }) {
                    try await arrivals.areInGoodOrder()
                    // Each trouble brings again what was read and not confirmed, some 0.6 s of messages: how many they are of all
                    // is a matter of how often there is trouble.
                    try await load.goesOn(for: numbers.milliseconds(3500...6500))
                    switch trouble {
                    case .stopped:
                        await graylog.pauseReading()
                        try await load.goesOn(for: numbers.milliseconds(300...1000))
                        try await graylog.stop()
                        try await load.goesOn(for: numbers.milliseconds(100...1500))
                        await graylog.resumeReading()
                        try await graylog.start()
                    case .slowed:
                        for _ in 1...5 {
                            await graylog.pauseReading()
                            try await load.goesOn(for: numbers.milliseconds(100...500))
                            await graylog.resumeReading()
                            try await load.goesOn(for: .milliseconds(100))
                        }
                    case .reset:
                        await graylog.pauseReading()
                        try await load.goesOn(for: numbers.milliseconds(300...700))
                        try await graylog.stop()
                        await graylog.resumeReading()
                        try await graylog.start()
                    case .killed:
                        #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                        service = try stage.service(configuration, program: Stage.releaseProgram)
                    }
                }
                try await arrivals.areInGoodOrder()
                let all = try await service.hasDeliveredAll(to: arrivals)
                #expect(all.duplicateShare < 0.05, "\(all)")
            }
        }
    }
}
