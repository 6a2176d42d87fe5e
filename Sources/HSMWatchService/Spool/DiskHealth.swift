// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Whether the spool's disk works, and when to try it again.
///
///     working ──failed──▶ failing ──retry──▶ failing …
///        ▲                   │
///        └──────worked───────┘
///
/// A damaged database is replaced and tried at once; when its replacement fails too, the disk is at fault and must wait.
struct DiskHealth {
    private enum State {
        case working
        case failing(retryAt: Instant)
    }

    /// What a failure asks for.
    enum Response {
        /// A sound database has taken the place of the damaged one.
        case tryAgain
        /// The disk has worked until now.
        case goOnInMemory
        /// The disk has failed before.
        case wait
    }

    /// How long a disk that failed is left alone.
    let retryInterval: Duration

    private var state = State.working
    /// Whether nothing was written since a damaged database was replaced.
    private var isReplacement = false

    init(retryInterval: Duration) {
        self.retryInterval = retryInterval
    }

    /// When to try the disk again; nil while it works.
    var retryAt: Instant? {
        switch state {
        case .working: nil
        case .failing(let retryAt): retryAt
        }
    }

    var isWorking: Bool { retryAt == nil }

    func mayTry(at now: Instant) -> Bool {
        retryAt.map { $0 <= now } ?? true
    }

    /// - Parameter replaced: whether a damaged database was moved out of the way, so that a new one can begin.
    mutating func failed(replaced: Bool, at now: Instant) -> Response {
        if replaced, !isReplacement {
            isReplacement = true
            return .tryAgain
        }
        defer { state = .failing(retryAt: now + retryInterval) }
        return isWorking ? .goOnInMemory : .wait
    }

    /// A commit has succeeded. Answers whether the disk had failed before.
    mutating func worked() -> Bool {
        defer {
            state = .working
            isReplacement = false
        }
        return !isWorking
    }
}
