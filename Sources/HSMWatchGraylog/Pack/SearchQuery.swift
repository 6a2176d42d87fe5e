// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Queries in Graylog's language, each for messages of hsmwatch alone.
enum SearchQuery {
    /// What every message of hsmwatch has, and no other.
    static let ours = "event_source:hsmwatch"
    /// The `event_type` of the message that repeats a state which is not ok.
    static let reminder = "reminder"
    /// The messages that repeat a state which is not ok.
    static let reminders = messages(named: [reminder])
    /// Every message that has the state of an HSM.
    static let states = messages(
        named: [Event.Kind.reading.name, Event.Kind.probeFailure.name, Event.Kind.stateChange.name, reminder])

    /// Messages of this kind that fulfil every clause.
    static func messages(_ kind: Event.Kind, where clauses: [String] = []) -> String {
        messages(named: [kind.name], where: clauses)
    }

    /// Messages whose `field` is exactly this text. The text is one that a configuration allows: without control
    /// characters.
    static func phrase(_ field: String, _ text: String) -> String {
        let escaped = text.replacingScalars { $0 == "\"" || $0 == "\\" ? "\\\($0)" : nil }
        return "\(field):\"\(escaped)\""
    }

    private static func messages(named types: [String], where clauses: [String] = []) -> String {
        let type = types.count == 1 ? types[0] : "(\(types.joined(separator: " OR ")))"
        return ([ours, "event_type:\(type)"] + clauses).joined(separator: " AND ")
    }
}
