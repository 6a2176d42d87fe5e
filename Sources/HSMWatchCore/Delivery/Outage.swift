// SPDX-License-Identifier: Apache-2.0

/// Whether an output delivers, and when that is worth a message.
///
///     up ──lost──▶ down ──confirmed──▶ up
///
/// Only a confirmation ends an outage. A peer that takes connections and bytes, and confirms nothing, is not back: the
/// kernel of a Graylog that hangs does as much.
package struct Outage: Sendable {
    /// What there is to tell when an outage is over.
    package struct Recovery: Equatable, Sendable {
        /// From the last confirmation before it to the first one after.
        package let lasted: Duration
        /// Messages that waited when the connection was made that confirmed.
        package let waiting: Int
    }

    private enum State {
        case up
        case down(since: Instant, waiting: Int)
    }

    private var state = State.up
    /// Since when messages are unconfirmed: the last confirmation, or the first message sent after it.
    private var unconfirmedSince: Instant?

    package init() {}

    /// Whether its end is still waited for.
    package var isDown: Bool {
        if case .up = state { false } else { true }
    }

    /// Messages were sent.
    package mutating func sent(at now: Instant) {
        unconfirmedSince = unconfirmedSince ?? now
    }

    /// The endpoint could not be reached, or its connection was lost. Answers whether an outage begins.
    package mutating func lost(at now: Instant) -> Bool {
        guard case .up = state else { return false }
        state = .down(since: unconfirmedSince ?? now, waiting: 0)
        return true
    }

    /// A connection was made, with so many messages waiting.
    package mutating func connected(waiting: Int) {
        guard case .down(let since, _) = state else { return }
        state = .down(since: since, waiting: waiting)
    }

    /// Messages were confirmed. Answers the recovery if that ends an outage.
    ///
    /// - Parameter isAll: whether no message that was sent is unconfirmed now.
    package mutating func confirmed(isAll: Bool, at now: Instant) -> Recovery? {
        unconfirmedSince = isAll ? nil : now
        guard case .down(let since, let waiting) = state else { return nil }
        state = .up
        return Recovery(lasted: now - since, waiting: waiting)
    }
}
