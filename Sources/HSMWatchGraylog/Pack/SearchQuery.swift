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

/// An hsmwatch whose heartbeats come into a Graylog, and whose silence is an alert there.
package struct HeartbeatSource: Hashable, Sendable {
    private static let silenceEnd = " is silent"

    /// The `source` of its configuration; nil when that does not say one.
    let source: String?

    /// Each source once, of the configurations that send heartbeats with fields.
    package static func all(in configurations: [Configuration]) -> [HeartbeatSource] {
        var sources: [HeartbeatSource] = []
        for configuration in configurations {
            let isHeard = configuration.outputs.contains { $0.kinds.contains(.heartbeat) && $0.hasFields }
            let source = HeartbeatSource(source: configuration.source)
            if isHeard, !sources.contains(source) { sources.append(source) }
        }
        return sources
    }

    /// `hsmwatch of monitor-1`
    package var name: String { source.map { "hsmwatch of \($0)" } ?? "hsmwatch" }

    /// Finds its heartbeats.
    package var query: String {
        SearchQuery.messages(.heartbeat, where: source.map { [SearchQuery.phrase("source", $0)] } ?? [])
    }

    /// The title of the alert of its silence.
    var silenceTitle: String { name + Self.silenceEnd }

    /// Whether one thing of an installation is the alert of a silence, whatever source it is about.
    static func isAnySilenceAlert(_ entity: PackPresence.Entity) -> Bool {
        entity.kind == "event_definition" && entity.title.hasPrefix("hsmwatch") && entity.title.hasSuffix(silenceEnd)
    }

    /// Whether one thing of an installation is the alert of its silence.
    package func isSilenceAlert(_ entity: PackPresence.Entity) -> Bool {
        entity.kind == "event_definition" && entity.title == silenceTitle
    }
}

extension OutputConfiguration {
    /// Whether Graylog stores its messages with their fields.
    package var hasFields: Bool { !kind.isSyslog || syslog.format == .rfc5424 }
}
