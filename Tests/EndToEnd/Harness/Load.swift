// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import TestSupport

/// HSMs that are polled ten times a second each: a hundred of them make 1,000 readings a second.
struct Load {
    private let hsms: [HSMSimulator]

    init(_ count: Int = 100, on stage: Stage) async throws {
        var hsms: [HSMSimulator] = []
        for _ in 1...count { hsms.append(try await stage.hsm()) }
        self.hsms = hsms
    }

    /// A configuration that delivers it, and confirms that often.
    func configuration(to endpoints: ListenAddress..., confirm: String = "200ms") -> ConfigurationText {
        let entries = hsms.enumerated().map { ConfigurationText.entry("khi-\($0.offset + 1)", $0.element) }
        var configuration = ConfigurationText(endpoints: endpoints, hsms: entries)
        configuration.heartbeat = "200ms"
        configuration.confirm = confirm
        return configuration
    }

    /// Returns when so much time has passed for the HSMs: the polls that it brings have come to one of them.
    func goesOn(for duration: Duration) async throws {
        let hsm = hsms[0]
        let polls = await hsm.facts.requests + max(1, Int(duration / .milliseconds(100)))
        _ = try await hsm.facts(within: duration + patience) { $0.requests >= polls }
    }
}
