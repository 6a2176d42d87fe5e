// SPDX-License-Identifier: Apache-2.0

/// Whether an output delivers, and when that is worth a message.
///
///     up ──lost──▶ down ──`lasting` passed──▶ lasting ──confirmed──▶ up
///                   └────────────────confirmed─────────────────────▲
///
/// A restart of Graylog is a short outage. Only a lasting one needs a person.
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
        /// Whether it was down for longer than `lasting`.
        package let wasLasting: Bool
    }

    private enum State {
        case up
        case down(Down)
    }

    private struct Down {
        /// The last confirmation.
        let since: Instant
        /// The loss that began it.
        let lostAt: Instant
        var waiting = 0
        /// Whether a second `output_down` has reported it.
        var isTold = false
    }

    /// How long after the loss an outage is a lasting one. It counts from the loss: how long ago the last confirmation
    /// was then depends on `confirm`.
    package static let lasting = Duration.seconds(60)

    private var state = State.up
    /// Since when messages are unconfirmed: the last confirmation, or the first message sent after it.
    private var unconfirmedSince: Instant?

    private let limit: Duration

    /// - Parameter lasting: a constant to all but a test.
    package init(lasting: Duration = Outage.lasting) {
        limit = lasting
    }

    /// Whether its end is still waited for.
    package var isDown: Bool {
        if case .up = state { false } else { true }
    }

    /// When to call `deadlinePassed`; nil while there is nothing to tell of an outage.
    package var deadline: Instant? {
        guard case .down(let down) = state, !down.isTold else { return nil }
        return down.lostAt + limit
    }

    /// Answers how long an outage has lasted that is a lasting one from now on.
    package mutating func deadlinePassed(at now: Instant) -> Duration? {
        guard case .down(var down) = state, let deadline, deadline <= now else { return nil }
        down.isTold = true
        state = .down(down)
        return now - down.since
    }

    /// Messages were sent.
    package mutating func sent(at now: Instant) {
        unconfirmedSince = unconfirmedSince ?? now
    }

    /// The endpoint could not be reached, or its connection was lost. Answers whether an outage begins.
    package mutating func lost(at now: Instant) -> Bool {
        guard case .up = state else { return false }
        state = .down(Down(since: unconfirmedSince ?? now, lostAt: now))
        return true
    }

    /// A connection was made, with so many messages waiting.
    package mutating func connected(waiting: Int) {
        guard case .down(var down) = state else { return }
        down.waiting = waiting
        state = .down(down)
    }

    /// Messages were confirmed. Answers the recovery if that ends an outage.
    ///
    /// - Parameter isAll: whether no message that was sent is unconfirmed now.
    package mutating func confirmed(isAll: Bool, at now: Instant) -> Recovery? {
        unconfirmedSince = isAll ? nil : now
        guard case .down(let down) = state else { return nil }
        state = .up
        return Recovery(
            lasted: now - down.since, waiting: down.waiting,
            wasLasting: down.isTold || now - down.lostAt > limit)
    }
}
