// SPDX-License-Identifier: Apache-2.0

/// Something that happened, in the domain's terms, before it is put into words and bytes.
package struct Event: Hashable, Sendable {
    /// When it happened.
    package let timestamp: Timestamp
    package let content: Content

    package enum Content: Hashable, Sendable {
        case reading(Subject, Reading, reply: String, latency: Duration, Assessment)
        case probeFailure(Subject, Failure, Assessment)
        /// The outcome is the one that confirmed the change, and the forecast that of its reading.
        case stateChange(Subject, Transition, Outcome, AppliedThresholds, forecast: Forecast? = nil)
        /// A state that is not ok still lasts.
        case reminder(Subject, Reminder)
        case heartbeat(Heartbeat)
        case service(ServiceAction)
    }

    package init(timestamp: Timestamp, content: Content) {
        self.timestamp = timestamp
        self.content = content
    }

    /// The kind that `_event_type` names, in the order in which a full spool drops them. The raw value is the number that
    /// the spool's database holds; it never changes.
    package enum Kind: Int, CaseIterable, Sendable {
        case reading = 0
        case probeFailure = 1
        /// Dropped before the heartbeat: the next one says the same again.
        case reminder = 5
        case heartbeat = 2
        case service = 3
        case stateChange = 4

        /// The kinds that an output's `events` can name. A reminder goes where a change of state goes.
        package static let selectable = allCases.filter { $0 != .reminder }

        /// What `_event_type` carries.
        package var name: String {
            switch self {
            case .reading: "reading"
            case .probeFailure: "probe_failure"
            case .reminder: "reminder"
            case .heartbeat: "heartbeat"
            case .service: "service"
            case .stateChange: "state_change"
            }
        }
    }

    package var kind: Kind {
        switch content {
        case .reading: .reading
        case .probeFailure: .probeFailure
        case .stateChange: .stateChange
        case .reminder: .reminder
        case .heartbeat: .heartbeat
        case .service: .service
        }
    }

    /// Whether it only says that all is well: it need not be quick.
    package var isRoutine: Bool { level == .informational }

    package var level: Level {
        switch content {
        case .reading(_, let reading, _, _, let assessment):
            Level(ofReadingIn: assessment.verdict(on: reading))
        case .probeFailure: .error
        case .stateChange(_, let transition, _, _, _): Level(ofChangeTo: transition.to)
        case .reminder(_, let reminder): Level(ofChangeTo: reminder.state)
        case .heartbeat: .informational
        case .service(.probesOverdue): .error
        case .service(let action): action.isProblem ? .warning : .notice
        }
    }
}
