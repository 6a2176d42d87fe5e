// SPDX-License-Identifier: Apache-2.0

/// How much may be unconfirmed to a peer that ends connections before anything on them is confirmed.
///
/// A peer that ends each connection after some messages would never let one be confirmed, and the same messages would
/// be sent to it for ever. So each delivery in a row that confirmed nothing makes the next one smaller, down to one
/// message, which is half-closed as soon as it is written. What is confirmed makes the next one larger again.
package struct Caution: Sendable {
    /// The first loss is ordinary: a Graylog was restarted.
    private static let budgets: [Int?] = [nil, nil, 256, 16, 1]

    private var level = 0

    package init() {}

    /// Messages that may be unconfirmed at a time; nil does not limit them.
    package var budget: Int? { Self.budgets[level] }

    /// A delivery has ended that sent messages and confirmed none.
    package mutating func lost() {
        level = min(level + 1, Self.budgets.count - 1)
    }

    /// Messages were confirmed.
    package mutating func confirmed() {
        level = max(level - 1, 0)
    }
}
