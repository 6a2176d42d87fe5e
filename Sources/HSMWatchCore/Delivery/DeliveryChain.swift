// SPDX-License-Identifier: Apache-2.0

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
