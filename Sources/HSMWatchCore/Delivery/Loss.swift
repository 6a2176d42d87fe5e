// SPDX-License-Identifier: Apache-2.0

/// Why an output can deliver no more to an endpoint.
package struct Loss: Hashable, Sendable {
    /// What the loss says about the peer.
    package enum Kind: Hashable, Sendable {
        /// It refused, reset or closed a connection without our asking: it may have died, with what it had read.
        case gone
        /// It answers, and takes no message before somebody changes something.
        case declined
        /// Anything else: no address, no answer in time, a standstill, a foreign protocol.
        case failed
    }

    /// In words that follow the endpoint's name.
    package let reason: String
    package let kind: Kind
    /// Why this machine could not try; nil when it could.
    package let localCause: LocalCause?

    package init(_ kind: Kind, _ reason: String, localCause: LocalCause? = nil) {
        self.kind = kind
        self.reason = reason
        self.localCause = localCause
    }

    /// The peer has ended a connection that is not half-closed here.
    package static let closed = Loss(.gone, "the peer closed the connection")
}
