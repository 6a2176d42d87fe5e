// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

extension Event {
    /// Readings and reminders repeat what is known, so only a search for details shows them. What goes well is logged
    /// once a heartbeat.
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

/// What a kind of journal entry is found by, forever: 128 random bits in hexadecimal (`journalctl MESSAGE_ID=…`,
/// systemd.journal-fields(7)). `systemd/hsmwatch.catalog` explains each.
package enum MessageID: String, CaseIterable, Sendable {
    case reading = "82f0dc55b27843749c87b8b9608405a2"
    case probeFailure = "0f198b58413749aab7a1c895442a578c"
    case stateChange = "8128d6ae3c7f40b7a5cd2615e3f0a4b7"
    case reminder = "5e2a97d40c8b4f6f9b13d7c86a0fe941"
    case heartbeat = "cdc0268a036f429882a36dfd50988c69"
    case started = "61b7a26060874edfb79ffeafbe1ac34c"
    case reloaded = "b8f4f3ce7ad24d5c9f0e4b6d1c3a7e52"
    case reloadFailed = "d3c1a9f47e5b4c1b8a6f2e9d0b7c8143"
    case stopping = "55534b83c7f1407f80651aca849a5fb4"
    case messagesDropped = "d69a222adf904db0afb8a489bd9cda75"
    case outputDown = "b599078836fd46bba7c69fe1c6fe42e7"
    case outputUp = "cc8514d3137a4c6792276cc57e5c3ee3"
    case sendTest = "0c1f9a7d3c5e4b0c9c0f4c3b8f0e6d72"
    case certificateExpiring = "a5f6e3e1c6f1462d8f0a3d7a2a9b4c51"
    case localFaultStarted = "2f6f0e9b7f5a4c0f9d6b3a1e84c75d29"
    case localFaultEnded = "9b1d47c35ea84f6aa0c2e7f60d38b514"
    case probesOverdue = "ad4086bd509e4f728a37dd2fb85431b9"
    case clockUnsynchronised = "1ad5aba54a6e4d9aadb21b00d9b4e0af"
    case answersAgain = "ad152e827df845a4ba141ca806e65dda"
    case thresholdNotBelowTotal = "be3a774c33f243b7a5ad8bef36780d6a"
    case configurationProblem = "1aa063d6b79f44c6816e607865640fae"
    case spoolInUse = "b1e342d0de8645e2a572678718213f63"
    case spoolNotOpened = "1e977cbd64f8217fc24d4b23b56f0a5d"
    case spoolNewer = "07148091a9395f2c52425ee01bb7c4c4"
    case tooFewDescriptors = "4d0e7a92c6b14c5f8e35b1f97a2c60e8"
    case spoolDamaged = "0fd678b049b14eb0ab513f6030ccab13"
    case spoolRestored = "704f78f8818c6457ca083efdd8c97471"
    case diskFailing = "19fb21f8b2a64bbfa8fc7a0eeabc5697"
    case diskWorking = "5d21e312a8bd4431a91dcc76d59682a7"
    case spoolNotClosed = "6856a650e3c5487ebcc16f33028987cb"
    case managerUnreachable = "ee924265e3014941ab7ba0804ea845c3"
    case connectionsTakenUp = "6ad1ce9cfe7e4055be2b3693fe65b188"
    case watchdogWithheld = "1d7cb4f5b29947339ae8d30d7eb4ea88"
    case statusUnavailable = "7c0e5a1d94f24b0b8f6b2b7a6d3e91c4"
    case credentialsRejected = "3f0d6b8a52c94e7db1a40c9e6f27d85b"
}
