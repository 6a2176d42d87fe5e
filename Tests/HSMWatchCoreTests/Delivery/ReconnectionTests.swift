// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Reconnection")
struct ReconnectionTests {
    @Test("with one endpoint the wait doubles from half a second to five")
    func oneEndpoint() {
        var reconnection = Reconnection(endpoints: 1)
        let waits = (0..<9).map { _ in reconnection.failed(random: 0.5) }
        let seconds = [0.5, 1, 2, 4, 5, 5, 5, 5, 5]
        for (wait, expected) in zip(waits, seconds) {
            #expect(abs(wait / .seconds(1) - expected) < 0.001)
        }
    }

    @Test("the next endpoint is tried at once; when all have failed there is a wait")
    func failover() {
        var reconnection = Reconnection(endpoints: 3)
        #expect(reconnection.endpoint == 0)
        #expect(reconnection.failed(random: 0.5) == .zero)
        #expect(reconnection.endpoint == 1)
        #expect(reconnection.failed(random: 0.5) == .zero)
        #expect(reconnection.endpoint == 2)
        #expect(reconnection.failed(random: 0.5) == .milliseconds(500))
        #expect(reconnection.endpoint == 0)
        #expect(reconnection.failed(random: 0.5) == .zero)
    }

    @Test("an endpoint that declines is asked again after the longest wait")
    func refusal() {
        var reconnection = Reconnection(endpoints: 2)
        #expect(reconnection.failed(.declined, random: 0.5) == .zero)
        let wait = reconnection.failed(.declined, random: 0.5)
        #expect(abs(wait / .seconds(1) - 5) < 0.001)
    }

    @Test("success forgets what failed before")
    func success() {
        var reconnection = Reconnection(endpoints: 1)
        for _ in 0..<5 { _ = reconnection.failed(random: 0.5) }
        reconnection.succeeded()
        #expect(reconnection.failed(random: 0.5) == .milliseconds(500))
    }

    @Test("the wait varies by a fifth to either side", arguments: [(0.0, 400), (1.0, 600)])
    func jitter(random: Double, milliseconds: Int) {
        var reconnection = Reconnection(endpoints: 1)
        let wait = reconnection.failed(random: random)
        #expect(abs(wait / .milliseconds(1) - Double(milliseconds)) < 0.01)
    }

    @Test("a thousand failures in a row still wait five seconds")
    func forEver() {
        var reconnection = Reconnection(endpoints: 2)
        for _ in 0..<1000 { _ = reconnection.failed(random: 0.5) }
        _ = reconnection.failed(random: 0.5)
        #expect(reconnection.failed(random: 0.5) == .seconds(5))
    }

    @Test("no wait is longer than five seconds", arguments: [0, 0.5, 1] as [Double])
    func longest(random: Double) {
        var reconnection = Reconnection(endpoints: 1)
        let waits = (0..<9).map { _ in reconnection.failed(random: random) }
        #expect(waits.allSatisfy { $0 <= .seconds(5) })
    }
}
