// SPDX-License-Identifier: Apache-2.0

/// How the connection of one output is, for whoever asks.
///
///     connecting ──connected──▶ unconfirmed ──confirmed──▶ connected ──lost──▶ down
///          └──────────lost──────▲────┴───────────────lost──────────────────────▲ │
///                               └──────────────────connected─────────────────────┘
package struct OutputStatus: Equatable, Sendable {
    /// The raw value is what the snapshot's `state` carries.
    package enum State: String, Sendable {
        /// The first attempt is not over yet.
        case connecting
        /// It is connected, and nothing was confirmed on that connection yet: whether the peer reads is not known.
        case unconfirmed
        /// It is connected, and messages were confirmed since.
        case connected
        /// It could not be connected, or the connection was lost; it is tried again.
        case down
    }

    package var state = State.connecting
    /// Since when `state` lasts.
    package var since: Moment
    /// Where it is connected to, or what was tried last.
    package var endpoint: HostPort
    /// The version of TLS that is spoken, such as `TLS 1.3`; nil without TLS and without a connection.
    package var tls: String?
    /// When messages were last known to have arrived.
    package var confirmedAt: Moment?
    /// Why the last connection failed or ended, and when.
    package var lastError: String?
    package var lastErrorAt: Moment?

    package init(endpoint: HostPort, at now: Moment) {
        self.endpoint = endpoint
        since = now
    }

    /// A connection is open. One that replaces a connection which confirms changes no state.
    package mutating func connected(to endpoint: HostPort, tls: String?, at now: Moment) {
        self.endpoint = endpoint
        self.tls = tls
        if state != .connected { enter(.unconfirmed, at: now) }
    }

    /// The endpoint could not be reached, or its connection was lost.
    package mutating func lost(_ endpoint: HostPort, reason: String, at now: Moment) {
        self.endpoint = endpoint
        tls = nil
        lastError = reason
        lastErrorAt = now
        enter(.down, at: now)
    }

    /// Messages have arrived.
    package mutating func confirmed(at now: Moment) {
        confirmedAt = now
        enter(.connected, at: now)
    }

    private mutating func enter(_ next: State, at now: Moment) {
        guard next != state else { return }
        state = next
        since = now
    }
}
