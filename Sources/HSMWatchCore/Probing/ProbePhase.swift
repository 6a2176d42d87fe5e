// SPDX-License-Identifier: Apache-2.0

/// A step on the way to a probe's outcome, as it was seen from here: a fact.
package struct ProbePhase: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The host's addresses, in the order in which they are tried.
        case resolved([HostPort])
        /// The detail says why there is no address.
        case unresolved(detail: String)
        case connected(HostPort)
        case notConnected(HostPort, Failure)
        case asked(Request)
        /// All that came after a question; its last byte decided what the answer is.
        case answered(Received)
        /// All that came after a question and decided nothing, or that came while nothing was asked.
        case received(Received)
        /// The connection is over; the detail says how, in words that follow "the HSM".
        case ended(detail: String)
        /// The deadline has passed.
        case expired
    }

    /// Bytes that came in one or several pieces.
    package struct Received: Hashable, Sendable {
        /// Bytes that are kept.
        package static let limit = 200

        /// The first of them, at most `limit`.
        package private(set) var beginning: [UInt8] = []
        /// How many came in all.
        package private(set) var count = 0

        package init() {}

        package mutating func append(_ bytes: [UInt8]) {
            beginning += bytes.prefix(Self.limit - beginning.count)
            count += bytes.count
        }
    }

    package let kind: Kind
    /// Since the probe's start.
    package let time: Duration

    package init(_ kind: Kind, at time: Duration) {
        self.kind = kind
        self.time = time
    }
}
