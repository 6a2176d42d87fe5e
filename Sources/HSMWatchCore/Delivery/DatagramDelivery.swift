// SPDX-License-Identifier: Apache-2.0

/// Delivers by datagrams: how fast, and when what was sent counts as delivered.
///
///     proving ──first sent, 250 ms──▶ confirm, sending ──sent, 250 ms──▶ confirm
///        └──────────── unreachable ───────┴────▶ over: what is unconfirmed is sent again
///
/// UDP tells nothing of what arrives, and sent is the best there is. What can be known is that a router on the way, or
/// the peer's own kernel, says by ICMP that nothing takes these datagrams. So a message counts as delivered when
/// none has said so within `grace`, and the first one to an endpoint goes alone.
///
/// Nothing holds a sender of datagrams back but itself: a backlog at full speed would be lost in the peer's receive
/// buffer. 50 datagrams of 1,420 bytes take 115 KB of it with the kernel's share, and Graylog's has 256 KiB.
///
/// A kernel whose own buffer is full is asked again after `pace`, then after twice that, and so on up to
/// `longestRetry`. When it has taken nothing for the patience, the delivery is over.
package struct DatagramDelivery: Sendable {
    package enum Event: Equatable, Sendable {
        /// Messages were given to the kernel, as so many datagrams.
        case sent(datagrams: Int, upTo: Int64)
        /// The kernel's buffer is full, and it took nothing. Try again after `retryDelay`.
        case full
        /// The kernel has taken a datagram after its buffer was full.
        case taken
        /// The kernel has been told that datagrams do not arrive.
        case unreachable(String)
        case deadline
    }

    package enum Action: Equatable, Sendable {
        /// Everything up to this position counts as delivered.
        case confirm(Int64)
        /// Nothing more happens; what is not confirmed must be sent again.
        case over(String)
    }

    /// How long an ICMP message may take that says that a datagram did not arrive.
    package static let grace = Duration.milliseconds(250)
    /// Datagrams that leave within one `pace`, and what the chunks of one message may exceed it by.
    package static let burst = 50
    package static let pace = Duration.milliseconds(20)
    /// How long it takes at the most until a full buffer is tried again.
    package static let longestRetry = Duration.seconds(1)

    private struct Batch: Sendable {
        let position: Int64
        let sentAt: Instant
    }

    private enum State: Sendable {
        /// Nothing was confirmed yet.
        case proving(Batch?)
        /// Unconfirmed batches, the oldest first.
        case sending([Batch])
        case over
    }

    private var state = State.proving(nil)
    /// Datagrams that may still be sent within this pace; a debt when it is negative.
    private var room = DatagramDelivery.burst
    private var paceEnd: Instant
    private let patience: Duration
    private var fullSince: Instant?
    /// How long to wait before a full buffer is tried again.
    package private(set) var retryDelay = DatagramDelivery.pace

    /// - Parameter patience: how long the kernel's buffer may stay full.
    package init(at now: Instant, patience: Duration = DeliveryWindow.patience) {
        paceEnd = now + Self.pace
        self.patience = patience
    }

    /// Whether a message may be sent now.
    package var maySend: Bool {
        switch state {
        case .proving(let batch): batch == nil
        case .sending: room > 0
        case .over: false
        }
    }

    /// When to call with `deadline`, unless something happens before.
    package var deadline: Instant? {
        switch state {
        case .proving(let batch): batch.map { $0.sentAt + Self.grace }
        case .sending(let batches):
            [batches.first.map { $0.sentAt + Self.grace }, room < Self.burst ? paceEnd : nil].compactMap(\.self).min()
        case .over: nil
        }
    }

    package mutating func handle(_ event: Event, at now: Instant) -> Action? {
        switch event {
        case .sent(let datagrams, let position):
            sent(datagrams, upTo: position, at: now)
            return nil
        case .full:
            return full(at: now)
        case .taken:
            (fullSince, retryDelay) = (nil, Self.pace)
            return nil
        case .unreachable(let reason):
            return over(reason)
        case .deadline:
            refill(at: now)
            return confirm(at: now)
        }
    }

    private mutating func sent(_ datagrams: Int, upTo position: Int64, at now: Instant) {
        refill(at: now)
        room -= datagrams
        let batch = Batch(position: position, sentAt: now)
        switch state {
        case .proving: state = .proving(batch)
        case .sending(var batches):
            // Not the copy that both would need to be.
            state = .over
            batches.append(batch)
            state = .sending(batches)
        case .over: break
        }
    }

    private mutating func full(at now: Instant) -> Action? {
        guard let since = fullSince else {
            fullSince = now
            return nil
        }
        retryDelay = min(retryDelay * 2, Self.longestRetry)
        guard now - since >= patience else { return nil }
        return over("the kernel's send buffer was full for \(DurationText.format(patience))")
    }

    private mutating func refill(at now: Instant) {
        guard paceEnd <= now else { return }
        room = min(Self.burst, room + Self.burst)
        paceEnd = now + Self.pace
    }

    private mutating func confirm(at now: Instant) -> Action? {
        let isDue = { (batch: Batch) in batch.sentAt + Self.grace <= now }
        switch state {
        case .proving(let batch?) where isDue(batch):
            state = .sending([])
            return .confirm(batch.position)
        case .sending(let batches):
            let due = batches.prefix(while: isDue)
            state = .sending(Array(batches.dropFirst(due.count)))
            return due.last.map { .confirm($0.position) }
        case .proving, .over:
            return nil
        }
    }

    private mutating func over(_ reason: String) -> Action? {
        if case .over = state { return nil }
        state = .over
        return .over(reason)
    }
}
