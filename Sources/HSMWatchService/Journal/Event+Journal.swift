// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

extension Event {
    /// Readings are for those who look for something; what goes well is said once a heartbeat.
    var logLevel: Logger.Level {
        guard kind != .reading else { return .debug }
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
    var messageID: String {
        switch self {
        case .reading: "82f0dc55b27843749c87b8b9608405a2"
        case .probeFailure: "0f198b58413749aab7a1c895442a578c"
        case .stateChange: "8128d6ae3c7f40b7a5cd2615e3f0a4b7"
        case .heartbeat: "cdc0268a036f429882a36dfd50988c69"
        case .service(.started): "61b7a26060874edfb79ffeafbe1ac34c"
        case .service(.reloaded): "b8f4f3ce7ad24d5c9f0e4b6d1c3a7e52"
        case .service(.reloadFailed): "d3c1a9f47e5b4c1b8a6f2e9d0b7c8143"
        case .service(.stopping): "55534b83c7f1407f80651aca849a5fb4"
        case .service(.messagesDropped): "d69a222adf904db0afb8a489bd9cda75"
        case .service(.outputDown): "b599078836fd46bba7c69fe1c6fe42e7"
        case .service(.outputUp): "cc8514d3137a4c6792276cc57e5c3ee3"
        case .service(.sendTest): "0c1f9a7d3c5e4b0c9c0f4c3b8f0e6d72"
        case .service(.certificateExpiring): "a5f6e3e1c6f1462d8f0a3d7a2a9b4c51"
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
        case .started, .reloaded, .stopping, .messagesDropped: [:]
        case .reloadFailed(let reason): ["REASON": reason]
        case .outputDown(let output, let endpoint, let reason):
            ["OUTPUT": output, "ENDPOINT": endpoint, "REASON": reason]
        case .outputUp(let output, let endpoint, _, _, _), .certificateExpiring(let output, let endpoint, _, _, _),
            .sendTest(let output, let endpoint):
            ["OUTPUT": output, "ENDPOINT": endpoint]
        }
    }
}
