// SPDX-License-Identifier: Apache-2.0

/// Whether an output delivers, and when that is worth a message.
///
///     up ──lost──▶ down ──connected──▶ proving ──arrived, and probation over──▶ up
///                   ▲                     │
///                   └────────lost─────────┘
///
/// A peer that takes connections and ends them at once is not back, however often it does so.
package struct Outage: Sendable {
    /// How long a connection must stand before the outage counts as over.
    package static let probation = Duration.seconds(1)

    /// What there is to tell when an outage is over.
    package struct Recovery: Equatable, Sendable {
        /// From the loss to the connection that lasted.
        package let lasted: Duration
        /// Messages that waited when that connection was made.
        package let waiting: Int
    }

    private enum State {
        case up
        case down(since: Instant)
        case proving(since: Instant, connectedAt: Instant, waiting: Int, needed: Int64, hasArrived: Bool)
    }

    private let probation: Duration
    private var state = State.up

    package init(probation: Duration = Outage.probation) {
        self.probation = probation
    }

    /// Whether its end is still waited for.
    package var isDown: Bool {
        if case .up = state { false } else { true }
    }

    /// The endpoint could not be reached, or its connection was lost. Answers whether that is news.
    package mutating func lost(at now: Instant) -> Bool {
        switch state {
        case .up:
            state = .down(since: now)
            return true
        case .down:
            return false
        case .proving(let since, _, _, _, _):
            state = .down(since: since)
            return false
        }
    }

    /// A connection was made, with so many messages waiting. When there are none, standing is all that it can do to
    /// prove itself.
    ///
    /// - Parameter needed: the position that must have arrived before the outage is over: what was on its way when it
    ///   began, and one message at least.
    package mutating func connected(waiting: Int, needed: Int64, at now: Instant) {
        guard case .down(let since) = state else { return }
        state = .proving(since: since, connectedAt: now, waiting: waiting, needed: needed, hasArrived: waiting == 0)
    }

    /// Everything up to a position has arrived.
    package mutating func arrived(_ position: Int64, at now: Instant) -> Recovery? {
        guard case .proving(let since, let connectedAt, let waiting, let needed, _) = state, position >= needed else {
            return nil
        }
        state = .proving(since: since, connectedAt: connectedAt, waiting: waiting, needed: needed, hasArrived: true)
        return recovery(at: now)
    }

    /// Answers the recovery, once, when the connection has proved itself by now.
    package mutating func recovery(at now: Instant) -> Recovery? {
        guard case .proving(let since, let connectedAt, let waiting, _, true) = state,
            now - connectedAt >= probation
        else { return nil }
        state = .up
        return Recovery(lasted: connectedAt - since, waiting: waiting)
    }
}
