// SPDX-License-Identifier: Apache-2.0

/// How much may be unconfirmed to a peer, and for how long: what the deliveries before have taught.
///
/// A peer that ends each connection after some messages would never let one be confirmed, and the same messages would
/// be sent to it for ever. So each delivery in a row that confirmed nothing makes the next one smaller, down to one
/// message, which is half-closed as soon as it is written. What is confirmed makes the next one larger again.
///
/// What is unconfirmed when a connection is lost comes twice. So connections are rotated well before `confirm` is over.
/// For a while after each loss the peer is watched closely: connections are rotated as fast as possible, and new messages
/// wait for the confirmation of those before.
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
