// SPDX-License-Identifier: Apache-2.0

/// What was sent on one connection and is not yet acknowledged by the peer's kernel.
///
/// The kernel tells how many bytes of all that was written it still holds (`SIOCOUTQ`, tcp(7)); what it no longer holds
/// has arrived at the peer's kernel. That is more than a returned write, and less than having been read.
package struct DeliveryWindow: Sendable {
    /// A connection on which unacknowledged bytes have not moved for so long is given up.
    package static let patience = Duration.seconds(15)

    private struct Batch {
        let position: Int64
        /// Bytes written on the connection up to and with this batch.
        let end: Int
    }

    /// Unacknowledged batches, oldest first.
    private var batches: [Batch] = []
    private var written = 0
    private var acknowledged = 0
    private var movedAt: Instant
    /// When the kernel was last asked.
    private var askedAt: Instant
    private var isHalfClosed = false
    private let patience: Duration

    package init(at now: Instant, patience: Duration = DeliveryWindow.patience) {
        movedAt = now
        askedAt = now
        self.patience = patience
    }

    /// Whether nothing is waited for: everything that was sent is acknowledged, and the peer's end is not due.
    package var isComplete: Bool { batches.isEmpty && !isHalfClosed }

    /// Notes a batch that was given to the kernel.
    package mutating func sent(bytes: Int, upTo position: Int64, at now: Instant) {
        if isComplete { askedAt = now }
        if batches.isEmpty { movedAt = now }
        written += bytes
        batches.append(Batch(position: position, end: written))
    }

    /// Notes our own end of stream: from now on the peer's is waited for.
    package mutating func halfClosed(at now: Instant) {
        isHalfClosed = true
        movedAt = now
        askedAt = now
    }

    /// Notes how many bytes the kernel still holds. Answers the spool position up to which all is acknowledged, when
    /// that has moved.
    ///
    /// A caller that did not ask for longer than the patience was stopped, and so perhaps was the network: the patience
    /// begins anew.
    package mutating func held(bytes: Int, at now: Instant) -> Int64? {
        if now - askedAt > patience { movedAt = now }
        askedAt = now
        let arrived = written - bytes
        guard arrived > acknowledged else { return nil }
        acknowledged = arrived
        movedAt = now
        let done = batches.prefix { $0.end <= arrived }
        defer { batches.removeFirst(done.count) }
        return done.last?.position
    }

    /// Whether nothing has moved for too long.
    package func isStalled(at now: Instant) -> Bool {
        !isComplete && now - movedAt >= patience
    }
}

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

/// A span of time that passes only while the event loop runs.
///
/// It is counted in beats. The caller ends a beat after the loop has handled what the kernel has, and the next beat
/// begins then. So a process that is stopped (`SIGSTOP`, a paused virtual machine, a blocking call) spends at most one
/// beat. A pause longer than the whole span begins it anew: the peer's packets may need time to arrive again.
package struct RunningSpan: Equatable, Sendable {
    /// The distance of two looks at the kernel.
    package static let beat = Duration.milliseconds(50)

    private let length: Duration
    private var beatsLeft: Int
    private var beatBegan: Instant

    /// - Parameter length: a multiple of `beat`.
    package init(_ length: Duration, at now: Instant) {
        self.length = length
        beatsLeft = Self.beats(in: length)
        beatBegan = now
    }

    /// When the next beat ends.
    package var deadline: Instant { beatBegan + Self.beat }

    /// Ends a beat if it is due. Answers whether the span is over.
    package mutating func pass(at now: Instant) -> Bool {
        guard deadline <= now else { return false }
        beatsLeft = now - beatBegan > length ? Self.beats(in: length) : beatsLeft - 1
        beatBegan = now
        return beatsLeft <= 0
    }

    private static func beats(in length: Duration) -> Int {
        Int((length / beat).rounded(.up))
    }
}

/// Why an output can no longer deliver to an endpoint.
package struct Loss: Hashable, Sendable {
    /// What the loss says about the peer.
    package enum Kind: Hashable, Sendable {
        /// It refused, reset or closed a connection without our asking: it may have died, with what it had read.
        case gone
        /// It answers, and rejects every message until its configuration changes.
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

/// What is known of a message when it counts as delivered; raw values are what `hsmwatch status --json` says.
package enum Confirmation: String, CaseIterable, Sendable {
    /// The peer has read it.
    case read
    /// The peer has answered that it has it.
    case answered
    /// The peer's kernel has it.
    case acknowledged
    /// Sent; delivery cannot be confirmed, and no refusal came since.
    case sent
}
