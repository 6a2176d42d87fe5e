// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// How many messages there are of each kind.
package struct MessageCounts: Equatable, Sendable {
    private var counts: [Event.Kind: Int] = [:]

    package init() {}

    package init(_ kinds: some Sequence<Event.Kind>) {
        kinds.forEach { self[$0] += 1 }
    }

    package subscript(kind: Event.Kind) -> Int {
        get { counts[kind] ?? 0 }
        set { counts[kind] = newValue == 0 ? nil : newValue }
    }

    package var total: Int { counts.values.reduce(0, +) }

    package func total(of kinds: Set<Event.Kind>) -> Int {
        kinds.reduce(0) { $0 + self[$1] }
    }

    package static func += (counts: inout MessageCounts, more: MessageCounts) {
        more.counts.forEach { counts[$0.key] += $0.value }
    }

    package static func -= (counts: inout MessageCounts, fewer: MessageCounts) {
        fewer.counts.forEach { counts[$0.key] -= $0.value }
    }
}
