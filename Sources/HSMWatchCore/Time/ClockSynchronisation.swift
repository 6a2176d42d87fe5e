// SPDX-License-Identifier: Apache-2.0

/// Whether this machine's clock is synchronised, as its kernel says, and when to report that it is not.
///
/// ```
///  fine ── not synchronised ──▶ doubtful ── for `patience` ──▶ reported ── not known ──▶ silent
///    ▲                             │                              │  ▲                     │
///    └── synchronised, not known, ─┘                              │  └─ not synchronised ──┤
///    │   or a pause of the looks                                  │                        │
///    └───────────────────────── synchronised ─────────────────────┴────────────────────────┘
/// ```
/// The kernel does not know when it may not be asked. Nothing is said then.
package struct ClockSynchronisation: Sendable {
    /// What the kernel says of its clock.
    package enum Finding: Hashable, Sendable {
        case synchronised
        case unsynchronised
        /// It may not be asked, as in some containers.
        case unknown
    }

    private enum State {
        case fine
        case doubtful(since: Instant)
        case reported(since: Instant)
        /// Reported, and now nothing is known.
        case silent
    }

    /// How long the clock must be found unsynchronised, at each look.
    package static let patience = Duration.seconds(600)
    /// Between two looks.
    package static let beat = Duration.seconds(60)
    /// A longer time between two looks is a pause of the process, after which the clock may need time to be set.
    private static let longestBeat = beat * 2

    private var state = State.fine
    private var lastLook: Instant?

    package init() {}

    /// When to look next; nil before the first look.
    package var deadline: Instant? { lastLook.map { $0 + Self.beat } }

    /// Since when the clock is not synchronised; nil unless that was reported and lasts.
    package var unsynchronisedSince: Instant? {
        guard case .reported(let since) = state else { return nil }
        return since
    }

    /// Takes in what a look found. Answers whether to report that the clock is not synchronised: once until it is
    /// again.
    package mutating func note(_ finding: Finding, at now: Instant) -> Bool {
        let hasPaused = lastLook.map { now - $0 > Self.longestBeat } ?? false
        lastLook = now
        switch (finding, state) {
        case (.synchronised, _), (.unknown, .fine), (.unknown, .doubtful):
            state = .fine
        case (.unknown, .reported), (.unknown, .silent):
            state = .silent
        case (.unsynchronised, .fine):
            state = .doubtful(since: now)
        case (.unsynchronised, .silent):
            state = .reported(since: now)
        case (.unsynchronised, .reported):
            break
        case (.unsynchronised, .doubtful(let since)):
            guard !hasPaused else {
                state = .doubtful(since: now)
                return false
            }
            guard now - since >= Self.patience else { return false }
            state = .reported(since: since)
            return true
        }
        return false
    }
}
