// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What Graylog sent of an event.
package struct SentNotification: Hashable, Sendable {
    package enum Way: Hashable, Sendable {
        case mail(subject: String)
        case post
    }

    package let time: Timestamp
    package let event: RaisedAlert
    package let way: Way
    package let body: String

    /// The subject of a mail; nil for a post.
    package var subject: String? {
        if case .mail(let subject) = way { subject } else { nil }
    }
}

/// A notification of a content pack, as Graylog fills it in.
///
/// Source: `EventNotificationModelData`, `EmailEventNotification`, `HTTPEventNotification`.
package struct NotificationText: Hashable, Sendable {
    private enum Way: Hashable, Sendable {
        case mail(subject: TextTemplate, body: TextTemplate)
        /// Graylog's own document.
        case post
    }

    private let way: Way

    /// Those of a pack, by their ids.
    package static func all(of pack: JSONValue) throws -> [String: NotificationText] {
        let entities = (pack["entities"]?.elements ?? []).filter { $0["type"]?["name"] == "notification" }
        return try entities.reduce(into: [:]) { texts, entity in
            texts[entity["id"]?.string ?? ""] = try NotificationText(entity["data"]?["config"] ?? .null)
        }
    }

    private init(_ config: JSONValue) throws {
        guard config["type"] == "email-notification-v1" else {
            way = .post
            return
        }
        way = .mail(
            subject: try TextTemplate(config["subject"]?["@value"]?.string ?? ""),
            body: try TextTemplate(config["body_template"]?["@value"]?.string ?? ""))
    }

    /// What *Test Notification* sends: an event without fields and without messages.
    package func test(at now: Timestamp) -> SentNotification {
        let event = RaisedAlert(
            title: "Event Definition Test Title", group: [], key: [], fields: [:], fieldNames: [], timestamp: now,
            begin: now, end: now, backlog: [])
        return notification(
            of: event, "NotificationTestId", "Event Definition Test Description", priority: 2, at: now)
    }

    func notification(of event: RaisedAlert, by rule: AlertRule, at now: Timestamp) -> SentNotification {
        notification(of: event, rule.id, rule.description, priority: rule.priority, at: now)
    }

    private func notification(
        of event: RaisedAlert, _ definition: String, _ description: String, priority: Int, at now: Timestamp
    ) -> SentNotification {
        let model: JSONValue = [
            "event_definition_id": .string(definition), "event_definition_type": "aggregation-v1",
            "event_definition_title": .string(event.title), "event_definition_description": .string(description),
            "job_definition_id": "<unknown>", "job_trigger_id": "<unknown>",
            "event": event.model(definition, priority: priority, at: now),
            "backlog": .array(event.backlog.map(\.summary)),
        ]
        switch way {
        case .mail(let subject, let body):
            return SentNotification(
                time: now, event: event, way: .mail(subject: subject.text(model)), body: body.text(model))
        case .post: return SentNotification(time: now, event: event, way: .post, body: model.text)
        }
    }
}

extension RaisedAlert {
    fileprivate func model(_ definition: String, priority: Int, at now: Timestamp) -> JSONValue {
        let fields = fieldNames.reduce(into: JSONObject()) { $0.set($1, to: .string(self.fields[$1] ?? "")) }
        return [
            "event_definition_id": .string(definition), "event_definition_type": "aggregation-v1",
            "timestamp": .string(timestamp.isoText), "timestamp_processing": .string(now.isoText),
            "timerange_start": .string(begin.isoText), "timerange_end": .string(end.isoText),
            "message": .string(title), "key_tuple": .array(key.map(JSONValue.string)),
            "key": .string(key.joined(separator: "|")), "priority": .integer(Int64(priority)), "alert": true,
            "fields": .object(fields),
        ]
    }
}

extension StoredMessage {
    /// As a notification's backlog has it.
    fileprivate var summary: JSONValue {
        [
            "source": .string(string("source") ?? ""), "message": .string(string("message") ?? ""),
            "timestamp": .string(timestamp.isoText), "fields": model,
        ]
    }
}

extension Timestamp {
    /// As JSON of Graylog has it: `2026-11-30T18:57:23.666Z`.
    fileprivate var isoText: String { graylogText.replacing(" ", with: "T") + "Z" }
}
