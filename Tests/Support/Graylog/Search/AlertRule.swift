// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// An event definition of a content pack, as Graylog's event processor applies it to the messages of one window.
///
/// Without series each message that the query finds is an event. With one, groups are counted or computed; of conditions only
/// the comparison of that series with a number is understood.
///
/// Source: `PivotAggregationSearch` and `AggregationEventProcessor` of graylog2-server 5.2, and what live servers did.
package struct AlertRule: Sendable {
    /// Why an entity is not a rule that is understood.
    package struct Problem: Error, Hashable {
        package let reason: String
    }

    /// What raises an event.
    private enum Trigger: Hashable, Sendable {
        /// Each message, of so many at most.
        case message(limit: Int)
        case series(AlertSeries, by: [String])
    }

    /// The entity's own id in the pack.
    package let id: String
    package let title: String
    package let description: String
    package let priority: Int
    package let query: LuceneQuery
    /// How far back one look goes.
    package let window: Duration
    /// From one look to the next.
    package let distance: Duration
    /// The time in which no second notification is sent for the same key.
    package let grace: Duration
    /// The ids of the notifications.
    package let notifications: [String]
    private let trigger: Trigger
    /// Messages that a notification quotes at most.
    private let backlog: Int
    private let key: [String]
    /// The templates of the event's fields, in their order.
    private let templates: [(name: String, template: TextTemplate)]

    /// The rules of a pack.
    package static func rules(of pack: JSONValue) throws -> [AlertRule] {
        let entities = pack["entities"]?.elements ?? []
        return try entities.filter { $0["type"]?["name"] == "event_definition" }.map(AlertRule.init)
    }

    private init(_ entity: JSONValue) throws {
        guard let data = entity["data"], let id = entity["id"]?.string, let title = data["title"]?["@value"]?.string,
            let description = data["description"]?["@value"]?.string,
            let priority = data["priority"]?["@value"]?.integer, let config = data["config"],
            let query = config["query"]?["@value"]?.string, let within = config["search_within_ms"]?.integer,
            let every = config["execute_every_ms"]?.integer, let specification = data["field_spec"],
            let settings = data["notification_settings"], let grace = settings["grace_period_ms"]?.integer,
            let backlog = settings["backlog_size"]?.integer
        else { throw Problem(reason: "an event definition of another shape") }
        self.id = id
        self.title = title
        self.description = description
        self.priority = Int(priority)
        self.query = try LuceneQuery(query)
        window = .milliseconds(within)
        distance = .milliseconds(every)
        self.grace = .milliseconds(grace)
        self.backlog = Int(backlog)
        trigger = try Self.trigger(config)
        key = (data["key_spec"]?.elements ?? []).compactMap(\.string)
        notifications = (data["notifications"]?.elements ?? []).compactMap { $0["notification_id"]?["@value"]?.string }
        templates = try specification.names.map { name in
            let template = specification[name]?["providers"]?.elements.first?["template"]?.string ?? ""
            return (name, try TextTemplate(template))
        }
    }

    private static func trigger(_ config: JSONValue) throws -> Trigger {
        guard let series = config["series"]?.elements.first else {
            return .message(limit: Int(config["event_limit"]?.integer ?? 0))
        }
        return .series(
            try AlertSeries(series, config["conditions"]?["expression"] ?? .null),
            by: (config["group_by"]?.elements ?? []).compactMap(\.string))
    }

    /// The events that Graylog would create when it looks at the window that ends at `end`: of messages in the order of their
    /// times, of groups in the order of their values.
    package func events(in messages: [StoredMessage], endingAt end: Timestamp) -> [RaisedAlert] {
        let begin = Timestamp(milliseconds: end.milliseconds - window.wholeMilliseconds)
        let found = messages.filter { (begin..<end).contains($0.timestamp) && query.matches($0.fields) }
            .sorted { $0.timestamp < $1.timestamp }
        switch trigger {
        case .message(let limit):
            return found.prefix(limit).map { message in
                event(message.model, [], [message], at: message.timestamp, from: begin, to: end)
            }
        case .series(let series, let group):
            return series.rows(of: found, by: group).map { row in
                event(row.source, row.group, row.messages, at: end, from: begin, to: end)
            }
        }
    }

    /// - Parameter messages: the oldest first. Graylog quotes the first of them.
    private func event(
        _ source: JSONValue, _ group: [String], _ messages: [StoredMessage], at time: Timestamp, from begin: Timestamp,
        to end: Timestamp
    ) -> RaisedAlert {
        let fields = templates.map { ($0.name, $0.template.text(["source": source])) }
        let values = Dictionary(fields) { _, last in last }
        return RaisedAlert(
            title: title, group: group, key: key.map { values[$0] ?? "" }, fields: values, fieldNames: fields.map(\.0),
            timestamp: time, begin: begin, end: end, backlog: Array(messages.prefix(backlog)))
    }
}

/// An event that Graylog would create.
package struct RaisedAlert: Hashable, Sendable {
    package let title: String
    /// The values of the fields by which it is grouped; none for an event of one message.
    package let group: [String]
    /// What tells it from other events of its definition.
    package let key: [String]
    /// The event's fields, their templates filled in.
    package let fields: [String: String]
    /// Their names, in the order of the definition.
    package let fieldNames: [String]
    /// That of the message, or the end of the window.
    package let timestamp: Timestamp
    /// The window.
    package let begin: Timestamp
    package let end: Timestamp
    /// Messages that a notification quotes, the oldest first.
    package let backlog: [StoredMessage]
}

extension StoredMessage {
    /// The fields as a template's values.
    var model: JSONValue {
        .object(fields.sorted { $0.key < $1.key }.reduce(into: [:]) { $0.set($1.key, to: $1.value.json) })
    }
}
