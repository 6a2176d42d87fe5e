// SPDX-License-Identifier: Apache-2.0

/// What `hsmwatch status` shows of one HSM and query port.
package struct QueryStatus: Equatable, Sendable {
    /// The confirmed state.
    package var state = HSMState.unknown
    /// Since when `state` lasts.
    package var since: Moment
    /// Sockets available, by the last probe; nil when it failed or there was none.
    package var available: Int?
    /// Sockets in all, by the last reading.
    package var total: Int?
    /// Why the last probe brought no reading; nil when it brought one.
    package var failure: Failure?
    /// How long the last probe took (`Observation.latency`).
    package var latency: Duration?
    /// When the last probe ended.
    package var probedAt: Timestamp?
    /// The thresholds as they apply to `total`.
    package var thresholds = AppliedThresholds(warning: nil, critical: nil)
    /// The last probes, the one of `available` among them.
    package var history = ReadingHistory()
    /// Seconds until nothing is available, when that is forecast.
    package var exhaustionSeconds: Int?
    /// Seconds until less than the critical threshold is available, when that is forecast.
    package var criticalSeconds: Int?

    /// Nothing is known yet, since then.
    package init(since: Moment) {
        self.since = since
    }
}

/// The last probes of one query, each with what it read, in constant memory: a ring of 4 bytes a probe.
package struct ReadingHistory: Sendable {
    /// Probes remembered.
    package static let capacity = 24
    /// The greatest number that is remembered as it is, far above what an HSM has; a greater one is this.
    package static let greatest = Int(UInt32.max) - 1

    /// Stands for a probe without a reading.
    private static let failed = UInt32.max

    private var ring = InlineArray<24, UInt32>(repeating: failed)
    /// Where the next one goes, and how many there are.
    private var next: UInt8 = 0
    private var count: UInt8 = 0

    package init() {}

    /// Adds the latest probe, with the available sockets that it read; nil: it failed.
    package mutating func add(_ available: Int?) {
        ring[Int(next)] = available.map { UInt32(min($0, Self.greatest)) } ?? Self.failed
        next = (next + 1) % UInt8(Self.capacity)
        count = min(count + 1, UInt8(Self.capacity))
    }

    /// The available sockets, oldest first; nil for a probe that failed.
    package var readings: [Int?] {
        (0..<Int(count)).map { index in
            let value = ring[(Int(next) + Self.capacity - Int(count) + index) % Self.capacity]
            return value == Self.failed ? nil : Int(value)
        }
    }
}

extension ReadingHistory: Equatable {
    package static func == (left: ReadingHistory, right: ReadingHistory) -> Bool {
        left.readings == right.readings
    }
}

/// How the connection of one output is.
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
