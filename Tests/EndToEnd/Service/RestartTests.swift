// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("At 1,000 messages a second, a Graylog that is a process of its own", .timeLimit(.minutes(3)))
    struct RestartTests {
        /// After an outage the next attempt to connect may be as far away as the outage was long, and 36 s at the most:
        /// that spares a Graylog that is down. So 5 s count from the moment when a connection stands again: its first
        /// message. By then all that has waited must have come, and a heartbeat made after it that says that nothing
        /// waits. A tenth of the load, of which a machine that is busy with the simulated HSMs and Graylog as well can
        /// take more than comes.
        @Test("is away for a moment, for seconds, or longer: 5 s after each return the spool is empty")
        func returns() async throws {
            try await Stage.play { stage in
                let load = try await Load(10, on: stage)
                var graylog = try await GraylogProcess(on: stage)
                let service = try stage.service(load.configuration(to: graylog.address))
                try await graylog.arrivals.areInGoodOrder()
                for outage in [Duration.milliseconds(300), .seconds(2), .seconds(10)] {
                    try await load.goesOn(for: .seconds(1))
                    try await graylog.process.ended(by: SIGTERM)
                    let known = await graylog.arrivals.value.received
                    try await load.goesOn(for: outage)
                    try await graylog.start()
                    let emptied = try await graylog.arrivals.comeAgain(beyond: known, unconfirmed: 100)
                    #expect(emptied < .seconds(5), "after \(outage)")
                }
                try await service.hasDeliveredAll(to: graylog.arrivals)
            }
        }

        @Test("is restarted three times: nothing is lost, and after each return the spool becomes empty")
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
                    let known = await graylog.arrivals.value.received
                    try await load.goesOn(for: .milliseconds(500))
                    try await graylog.start()
                    waits.append(try await graylog.arrivals.comeAgain(beyond: known))
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
