// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// For each kind the position up to which every output that gets it has confirmed. A kind that no output gets is
/// confirmed wherever it is.
package struct ConfirmedPositions: Equatable, Sendable {
    /// Without the kinds that no output gets.
    package private(set) var positions: [Event.Kind: Int64]

    package init(_ positions: [Event.Kind: Int64] = [:]) {
        self.positions = positions
    }

    package subscript(kind: Event.Kind) -> Int64 { positions[kind] ?? .max }

    /// Whether an output that gets the kind has not confirmed the position.
    package func awaits(_ position: Int64, _ kind: Event.Kind) -> Bool {
        position > self[kind]
    }

    /// Whether an output that gets a message has not confirmed it.
    func awaits(_ message: SpooledMessage) -> Bool {
        awaits(message.position, message.kind)
    }

    /// The kinds that some output gets, the one that is confirmed the furthest first.
    var furthestFirst: [Event.Kind] {
        Event.Kind.allCases.filter { positions[$0] != nil }.sorted { self[$0] > self[$1] }
    }

    /// One more output gets some kinds, and has confirmed everything up to a position.
    mutating func add(_ kinds: Set<Event.Kind>, upTo position: Int64) {
        for kind in kinds {
            positions[kind] = min(self[kind], position)
        }
    }
}
