// SPDX-License-Identifier: Apache-2.0

/// How a probe of one query ended.
package enum Outcome: Hashable, Sendable {
    /// A reading, and the frame that carried it as printable ASCII.
    case reading(Reading, reply: String)
    case failure(Failure)

    package var isFailure: Bool {
        switch self {
        case .reading: false
        case .failure: true
        }
    }

    /// Why this machine could not ask; nil when it could.
    package var localCause: LocalCause? {
        switch self {
        case .reading: nil
        case .failure(let failure): failure.localCause
        }
    }

    /// Whether what came was not what the protocol allows.
    package var isMalformed: Bool {
        switch self {
        case .reading: false
        case .failure(let failure): failure.kind == .malformed
        }
    }
}

/// The facts of one probe: what came of it, when, and how long it took. No opinion.
package struct Observation: Hashable, Sendable {
    package let outcome: Outcome
    /// When the reply came or the probe failed, on the monotonic clock. A reply that waited in the kernel came before it
    /// was read, and a deadline passed before a busy loop noticed.
    package let instant: Instant
    /// The same in civil time.
    package let timestamp: Timestamp
    /// From the request's first byte to the frame's last; for a failure, from the probe's start to its end. At most one
    /// clock tick of the kernel (10 ms) too short, and too long only if the kernel does not know better.
    package let latency: Duration

    package init(outcome: Outcome, instant: Instant, timestamp: Timestamp, latency: Duration) {
        self.outcome = outcome
        self.instant = instant
        self.timestamp = timestamp
        self.latency = latency
    }

    package init(outcome: Outcome, at moment: Moment, latency: Duration) {
        self.init(outcome: outcome, instant: moment.instant, timestamp: moment.timestamp, latency: latency)
    }
}
