// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What an output has confirmed so recently that it may have to be sent again: Graylog loses what it has read when it is
/// killed.
///
///     ── may be deleted ──┃── confirmed within `rewind`, at most `messageLimit` ──┃── not confirmed ──▶ position
///                       start                                                  confirmed
///
/// While the output is down the start stands still, so that an outage of hours changes nothing.
struct RewindWindow {
    /// Messages that are kept at the most, so that a large fleet does not flood a Graylog that has just come back.
    static let messageLimit: Int64 = 10_000
    /// Steps of the span. Confirmations within one step count as made at the last of them.
    private static let steps = 60

    private struct Mark {
        var position: Int64
        var confirmedAt: Instant
    }

    var span: Duration
    /// Up to here the output has never had a message.
    private let floor: Int64
    /// The oldest first; the last one is the cursor.
    private var marks: [Mark]
    private var heldStart: Int64?

    /// - Parameters:
    ///   - span: how long a confirmed message is kept; zero keeps none.
    ///   - confirmed: what an earlier process has confirmed. When it did is not known, so it counts as confirmed now.
    ///   - floor: where a new output begins.
    init(span: Duration, confirmed: Int64, floor: Int64 = 0, at now: Instant) {
        self.span = span
        self.floor = floor
        marks = [Mark(position: confirmed, confirmedAt: now)]
    }

    /// Confirmations that are remembered.
    var count: Int { marks.count }

    /// Everything up to a position is confirmed now.
    mutating func confirm(upTo position: Int64, at now: Instant) {
        heldStart = nil
        let step = span / Self.steps
        if marks.count > 1, let last = marks.last, now - marks[marks.count - 2].confirmedAt < step {
            marks[marks.count - 1] = Mark(position: max(position, last.position), confirmedAt: now)
        } else {
            marks.append(Mark(position: position, confirmedAt: now))
        }
        let expired = marks.prefix { now - $0.confirmedAt >= span }
        marks.removeFirst(max(0, expired.count - 1))
    }

    /// The output is down from now on.
    mutating func hold(at now: Instant) {
        heldStart = heldStart ?? start(at: now)
    }

    /// Messages up to here need not be kept.
    func start(at now: Instant) -> Int64 {
        if let heldStart { return heldStart }
        let confirmed = marks.last?.position ?? 0
        guard span > .zero else { return confirmed }
        let expired = marks.last { now - $0.confirmedAt >= span }
        return max(expired?.position ?? 0, confirmed - Self.messageLimit, floor)
    }
}
