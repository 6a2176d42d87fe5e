// SPDX-License-Identifier: Apache-2.0

/// How much may be unconfirmed to a peer, and for how long: what the deliveries before have taught.
///
/// A peer that ends each connection after some messages would never let one be confirmed, and the same messages would
/// be sent to it forever. So each delivery in a row that confirmed nothing makes the next one smaller, down to one
/// message, which is half-closed as soon as it is written. What is confirmed makes the next one larger again.
///
/// What is unconfirmed when a connection is lost comes twice. So connections are rotated well before `confirm` is over.
/// For a while after each loss the peer is watched closely: connections are rotated as fast as possible, and new
/// messages wait for the confirmation of those before.
package struct Caution: Sendable {
    /// How long after a loss the peer is watched closely.
    package static let alertTime = Duration.seconds(60)
    /// The share of `confirm` after which a connection is rotated, and the time below which that saves nothing.
    package static let rotationShare = 10
    package static let shortRotation = Duration.seconds(1)
    /// The share of that after a loss.
    package static let alertShare = 4

    /// The first loss is ordinary: a Graylog was restarted.
    private static let budgets: [Int?] = [nil, nil, 256, 16, 1]

    private var level = 0
    private var alertUntil: Instant?

    /// - Parameter alertUntil: a process that has just started does not know how the one before has ended.
    package init(alertUntil: Instant? = nil) {
        self.alertUntil = alertUntil
    }

    /// Messages that may be unconfirmed at a time; nil does not limit them.
    package var budget: Int? { Self.budgets[level] }

    /// How long messages are sent on one connection before its confirmation begins.
    ///
    /// - Parameter confirm: how long a message may wait for its confirmation at the most.
    package func rotation(within confirm: Duration, at now: Instant) -> Duration {
        let calm = max(min(confirm, Self.shortRotation), confirm / Self.rotationShare)
        return isAlert(at: now) ? calm / Self.alertShare : calm
    }

    /// Whether the last loss is so recent that another one is likely.
    package func isAlert(at now: Instant) -> Bool {
        alertUntil.map { now < $0 } ?? false
    }

    /// A delivery has ended.
    ///
    /// - Parameter confirmedNothing: whether it had sent messages and confirmed none.
    package mutating func lost(confirmedNothing: Bool, at now: Instant) {
        alertUntil = now + Self.alertTime
        if confirmedNothing { level = min(level + 1, Self.budgets.count - 1) }
    }

    /// Messages were confirmed.
    package mutating func confirmed() {
        level = max(level - 1, 0)
    }
}

/// The connections of a delivery whose first one is open, the oldest first.
struct DeliveryChain: Sendable {
    /// The connection that is half-closed.
    struct Old: Sendable {
        enum Phase: Sendable {
            case draining
            /// It has ended cleanly, and may still be reset.
            case proving(RunningSpan)
        }

        var stretch: DeliveryStretch
        var phase: Phase
        let halfClosedAt: Instant
        /// The first message on the active connection waits so long at the most; nil when it waits no longer.
        var holdsUntil: Instant?
        /// Whether it waits until this connection is confirmed, not only for its end.
        let holdsForProof: Bool
    }

    /// The connection that becomes the active one.
    struct Successor: Sendable {
        enum Phase: Sendable {
            case opening
            case settling(RunningSpan)
            case settled
        }

        let leg: Delivery.Leg
        var phase = Phase.opening
    }

    var old: Old?
    /// The one on which messages are sent.
    var active: DeliveryStretch
    var successor: Successor?

    var isDraining: Bool {
        if case .draining = old?.phase { true } else { false }
    }

    /// Those on which bytes may be on their way.
    var stretches: [DeliveryStretch] {
        guard let old, isDraining else { return [active] }
        return [old.stretch, active]
    }

    var legs: [Delivery.Leg] {
        [old?.stretch.leg, active.leg, successor?.leg].compactMap(\.self)
    }

    /// Whether a message that was sent is unconfirmed.
    var hasSent: Bool { old != nil || active.last != nil }

    /// So many bytes the kernel holds of what was written on a connection.
    ///
    /// - Returns: the position up to which everything has arrived, if that is news.
    mutating func held(_ leg: Delivery.Leg, bytes: Int, at now: Instant) -> Int64? {
        if isDraining, old?.stretch.leg == leg { return old?.stretch.window.held(bytes: bytes, at: now) }
        return active.leg == leg ? active.window.held(bytes: bytes, at: now) : nil
    }
}
