// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Messages of one kind that outputs waited for, and no output does any more.
struct AbandonedMessages: Equatable {
    let kind: Event.Kind
    /// They lie after this position.
    let first: Int64
    /// And not after this one.
    let last: Int64

    /// What came to wait for nobody between two times, up to a position.
    static func between(
        _ before: ConfirmedPositions, _ after: ConfirmedPositions, upTo end: Int64
    ) -> [AbandonedMessages] {
        Event.Kind.allCases.compactMap { kind in
            let last = min(after[kind], end)
            return before[kind] < last ? AbandonedMessages(kind: kind, first: before[kind], last: last) : nil
        }
    }

    /// Without what an output waits for again; nil when nothing is left.
    func without(awaited: ConfirmedPositions) -> AbandonedMessages? {
        let last = min(last, awaited[kind])
        return first < last ? AbandonedMessages(kind: kind, first: first, last: last) : nil
    }
}
