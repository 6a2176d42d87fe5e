// SPDX-License-Identifier: Apache-2.0

/// One open connection of a delivery, and what was sent on it.
struct DeliveryStretch: Sendable {
    let leg: Delivery.Leg
    var window: DeliveryWindow
    private(set) var count = 0
    /// The position of the last message.
    private(set) var last: Int64?
    private(set) var firstSentAt: Instant?
    /// How many messages waited behind the last one, at the most.
    private(set) var waiting = 0
    /// When its successor is opened, unless there is a reason to do that before.
    private(set) var rotationDue: Instant?

    init(_ leg: Delivery.Leg, patience: Duration, at now: Instant) {
        self.leg = leg
        window = DeliveryWindow(at: now, patience: patience)
    }

    /// - Parameter rotation: how long after the first message its successor is opened; nil for never.
    mutating func sent(
        _ count: Int, bytes: Int, upTo position: Int64, waiting: Int, rotation: Duration?, at now: Instant
    ) {
        window.sent(bytes: bytes, upTo: position, at: now)
        self.count += count
        last = position
        self.waiting = waiting
        guard firstSentAt == nil else { return }
        firstSentAt = now
        rotationDue = rotation.map { now + $0 }
    }
}
