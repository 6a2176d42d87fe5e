// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Two endpoints", .timeLimit(.minutes(3)))
    struct FailoverTests {
        @Test("with one of them stopped a third of the time nothing is lost, and the other gets messages within 2 s")
        func takesTurns() async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                var (active, other) = (try await stage.graylog(), try await stage.graylog())
                let arrivals = active.arrivals()
                other.feed(arrivals)
                let service = try stage.service(
                    load.configuration(to: active.address, other.address), program: Stage.releaseProgram)
                try await arrivals.areInGoodOrder()
                for _ in 1...4 {
                    try await load.goesOn(for: .seconds(4))
                    let known = await other.facts.stored
                    let begin = ContinuousClock.now
                    try await active.stop()
                    _ = try await other.facts(within: patience) { $0.stored > known }
                    let switched = begin.duration(to: .now)
                    #expect(switched < .seconds(2))
                    try await load.goesOn(for: .seconds(2))
                    try await active.start()
                    swap(&active, &other)
                }
                try await service.hasDeliveredAll(to: arrivals)
            }
        }
    }
}
