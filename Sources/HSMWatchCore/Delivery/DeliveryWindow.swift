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
