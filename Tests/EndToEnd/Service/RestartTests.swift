// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    /// How long it takes until the spool is empty again is `ReturnTests`' business: at this load it depends on how busy the
    /// machine is with the simulated HSMs and Graylog.
    @Suite("At 1,000 messages a second, a Graylog that is a process of its own", .timeLimit(.minutes(3)))
    struct RestartTests {
        @Test("is restarted three times: nothing is lost, and after each return the spool becomes empty")
        func restarts() async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                var graylog = try await GraylogProcess(on: stage)
                let service = try stage.service(load.configuration(to: graylog.address), program: Stage.releaseProgram)
                try await graylog.arrivals.areInGoodOrder()
                for _ in 1...3 {
                    try await load.goesOn(for: .seconds(2))
                    try await graylog.process.ended(by: SIGTERM)
                    try await load.goesOn(for: .milliseconds(500))
                    try await graylog.start()
                    try await graylog.arrivals.areInGoodOrder()
                }
                try await service.hasDeliveredAll(to: graylog.arrivals)
            }
        }

        @Test("is frozen for 6 s and then killed: nothing is lost")
        func frozen() async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                var graylog = try await GraylogProcess(on: stage)
                let service = try stage.service(load.configuration(to: graylog.address), program: Stage.releaseProgram)
                try await graylog.arrivals.areInGoodOrder()
                try await load.goesOn(for: .seconds(2))
                graylog.process.signal(SIGSTOP)
                try await load.goesOn(for: .seconds(6))
                try await graylog.process.ended(by: SIGKILL)
                try await graylog.start()
                try await service.hasDeliveredAll(to: graylog.arrivals)
            }
        }
    }
}
