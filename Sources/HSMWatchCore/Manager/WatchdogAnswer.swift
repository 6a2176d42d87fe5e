// SPDX-License-Identifier: Apache-2.0

/// Decides whether the service manager's watchdog is answered.
///
///     answering ──look: overdue──▶ withholding ──look at a tick or at the deadline: nothing overdue──▶ answering
///
/// While the answer is withheld there is one more look after `recheckInterval`, since the watchdog's own next tick may
/// be too late. Each look moves that deadline, so there is never more than one.
package struct WatchdogAnswer: Sendable {
    /// How soon an answer that was withheld is looked at again.
    package static let recheckInterval = Duration.seconds(1)

    package enum Action: Hashable, Sendable {
        /// Answer the watchdog.
        case answer
        /// Withhold the answer, and report it: this part was not overdue at the look before.
        case report(Liveness.Part)
        /// Withhold the answer.
        case withhold
    }

    private enum State: Sendable {
        case answering
        case withholding(Liveness.Part, until: Instant)
    }

    private var state = State.answering

    package init() {}

    /// When to look again, unless the watchdog ticks before.
    package var deadline: Instant? {
        switch state {
        case .answering: nil
        case .withholding(_, let until): until
        }
    }

    /// What follows from a look at the parts, at a tick of the watchdog or at the deadline.
    package mutating func look(overdue: Liveness.Part?, at now: Instant) -> Action {
        guard let overdue else {
            state = .answering
            return .answer
        }
        let before = state
        state = .withholding(overdue, until: now + Self.recheckInterval)
        if case .withholding(overdue, _) = before { return .withhold }
        return .report(overdue)
    }
}
