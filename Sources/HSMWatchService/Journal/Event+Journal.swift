// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

extension Event {
    /// Readings and reminders repeat what is known, so only a search for details shows them. What goes well is logged once
    /// a heartbeat.
    var logLevel: Logger.Level {
        guard kind != .reading, kind != .reminder else { return .debug }
        return switch level {
        case .critical: .critical
        case .error: .error
        case .warning: .warning
        case .notice: .notice
        case .informational: .info
        }
    }
}

extension Event.Content {
    var messageID: MessageID {
        switch self {
        case .reading: .reading
        case .probeFailure: .probeFailure
        case .stateChange: .stateChange
        case .reminder: .reminder
        case .heartbeat: .heartbeat
        case .service(.started): .started
        case .service(.reloaded): .reloaded
        case .service(.reloadFailed): .reloadFailed
        case .service(.stopping): .stopping
        case .service(.messagesDropped): .messagesDropped
        case .service(.outputDown): .outputDown
        case .service(.outputUp): .outputUp
        case .service(.sendTest): .sendTest
        case .service(.certificateExpiring): .certificateExpiring
        case .service(.localFaultStarted): .localFaultStarted
        case .service(.localFaultEnded): .localFaultEnded
        case .service(.probesOverdue): .probesOverdue
        case .service(.clockUnsynchronised): .clockUnsynchronised
        }
    }

    var journalFields: [String: String] {
        switch self {
        case .reading(let subject, let reading, _, _, let assessment):
            subject.journalFields.merging(reading.journalFields) { $1 }
                .merging(["HSM_STATE": assessment.state.rawValue]) { $1 }
        case .probeFailure(let subject, let failure, let assessment):
            subject.journalFields.merging(failure.journalFields) { $1 }
                .merging(["HSM_STATE": assessment.state.rawValue]) { $1 }
        case .stateChange(let subject, let transition, let outcome, _, _):
            subject.journalFields.merging(outcome.journalFields) { $1 }
                .merging(["HSM_STATE": transition.to.rawValue, "HSM_PREVIOUS_STATE": transition.from.rawValue]) { $1 }
        case .reminder(let subject, let reminder):
            subject.journalFields.merging(reminder.outcome.journalFields) { $1 }
                .merging(["HSM_STATE": reminder.state.rawValue]) { $1 }
        case .heartbeat:
            [:]
        case .service(let action):
            action.journalFields
        }
    }
}

extension Subject {
    var journalFields: [String: String] {
        var fields = ["HSM_NAME": name, "HSM_ADDRESS": address.description]
        fields["QUERY_PORT"] = queryPort.map { "\($0)" }
        return fields
    }
}

extension Outcome {
    fileprivate var journalFields: [String: String] {
        switch self {
        case .reading(let reading, _): reading.journalFields
        case .failure(let failure): failure.journalFields
        }
    }
}

extension Reading {
    fileprivate var journalFields: [String: String] {
        ["SOCKETS_AVAILABLE": "\(available)", "SOCKETS_TOTAL": "\(total)"]
    }
}

extension Failure {
    fileprivate var journalFields: [String: String] {
        ["FAILURE": kind.rawValue]
    }
}

extension ServiceAction {
    fileprivate var journalFields: [String: String] {
        switch self {
        case .started, .reloaded, .stopping, .messagesDropped, .probesOverdue, .clockUnsynchronised: [:]
        case .reloadFailed(let reason): ["REASON": reason]
        case .localFaultStarted(let cause), .localFaultEnded(let cause, _): ["REASON": cause.sentence]
        case .outputDown(let output, let endpoint, let reason, _):
            ["OUTPUT": output, "ENDPOINT": endpoint, "REASON": reason]
        case .outputUp(let output, let endpoint, _, _, _, _, _, _),
            .certificateExpiring(let output, let endpoint, _, _, _), .sendTest(let output, let endpoint):
            ["OUTPUT": output, "ENDPOINT": endpoint]
        }
    }
}
