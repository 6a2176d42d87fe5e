// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    /// After an outage the next attempt to connect may be as far away as the outage was long, and 36 s at the most (0.5 s,
    /// doubling to 30 s, ±20 %): that spares a Graylog that is down. So the 5 s count from the moment when it accepts a
    /// connection again. By then everything that has waited must have come, and a heartbeat made after that moment, which
    /// says that nothing waits but what is on its way.
    ///
    /// The load is one of which a machine that is busy with simulated HSMs and Graylog as well takes more than comes.
    @Suite("The return of Graylog", .timeLimit(.minutes(3)))
    struct ReturnTests {
        @Test("after a moment, after seconds and after a longer outage: 5 s later the spool is empty")
        func returns() async throws {
            try await Stage.play { stage in
                let load = try await Load(10, on: stage)
                let graylog = try await stage.graylog()
                let arrivals = graylog.arrivals()
                let service = try stage.service(load.configuration(to: graylog.address))
                try await arrivals.areInGoodOrder()
                for outage in [Duration.milliseconds(300), .seconds(2), .seconds(10)] {
                    try await load.goesOn(for: .seconds(1))
                    try await graylog.stop()
                    let accepted = await graylog.facts.accepted
                    try await load.goesOn(for: outage)
                    try await graylog.start()
                    _ = try await graylog.facts(within: patience) { $0.accepted > accepted }
                    let emptied = try await arrivals.areInGoodOrder(unconfirmed: 200)
                    #expect(emptied < .seconds(5), "after \(outage)")
                }
                try await service.hasDeliveredAll(to: arrivals)
            }
        }
    }
}
