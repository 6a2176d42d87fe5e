// SPDX-License-Identifier: Apache-2.0

/// Where an output connects next, and after which wait.
///
/// Endpoints are tried in order. After a failure the next one is tried at once; when all have failed in a row there is
/// a wait, which doubles from `firstDelay` and varies by `jitter`, so that many senders do not return in step. It is
/// never longer than `longestDelay`: a Graylog that listens again is soon found.
package struct Reconnection: Sendable {
    package static let firstDelay = Duration.milliseconds(500)
    package static let longestDelay = Duration.seconds(5)
    /// The wait is this share longer or shorter at the most.
    package static let jitter = 0.2

    private let endpoints: Int
    /// The index of the endpoint to connect to.
    package private(set) var endpoint = 0
    private var failures = 0

    /// - Parameter endpoints: how many there are, one at least.
    package init(endpoints: Int) {
        precondition(endpoints > 0, "an output has an endpoint")
        self.endpoints = endpoints
    }

    /// The endpoint has taken messages: what failed before is forgotten.
    package mutating func succeeded() {
        failures = 0
    }

    /// The endpoint could not be reached, or its connection was lost. Answers how long to wait before the next.
    ///
    /// - Parameters:
    ///   - kind: one that declines has the longest wait at once.
    ///   - random: a number from 0 to 1 that places the wait within its jitter.
    package mutating func failed(_ kind: Loss.Kind = .failed, random: Double) -> Duration {
        failures += 1
        endpoint = (endpoint + 1) % endpoints
        guard failures.isMultiple(of: endpoints) else { return .zero }
        let rounds = failures / endpoints
        let doubled = kind == .declined ? Self.longestDelay : Self.firstDelay * (1 << min(rounds - 1, 16))
        let jittered = min(doubled, Self.longestDelay) * (1 - Self.jitter + 2 * Self.jitter * random)
        return min(jittered, Self.longestDelay)
    }
}
