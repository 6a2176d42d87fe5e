// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One of Graylog's event definitions: it looks at a window of time again and again, and notifies when it finds
/// something.
struct AlertDefinition: Hashable, Sendable {
    /// Graylog's own numbers; every version has these three.
    enum Priority: Int, Hashable, Sendable {
        case low = 1
        case normal = 2
        case high = 3
    }

    /// What raises an event.
    enum Trigger: Hashable, Sendable {
        /// Each message that the query finds. The event takes its fields from that message.
        case message
        /// One message or more of the window, for each combination of these fields.
        case any(by: [String])
        /// No message in the window, in any stream. The pack's own stream is empty just after an installation.
        case none
    }

    /// A field of the event, which notifications show. `${source.…}` in the template stands for a field of what was
    /// found; it is empty when that is missing.
    struct Field: Hashable, Sendable {
        let name: String
        let template: String

        init(_ name: String, _ template: String) {
            self.name = name
            self.template = template
        }

        /// The same field of the message or the group.
        static func source(_ name: String) -> Field { Field(name, "${source.\(name)}") }
    }

    /// Events of one window at most: so many HSMs may change at once, as when a network is lost, and each is mailed.
    /// Graylog demands a limit where each message raises an event.
    static let mostEvents = 1000
    /// Messages that a notification quotes: the one that raised the event, or the oldest of its group.
    static let backlog = 1
    /// Where Graylog keeps its events.
    static let eventsStream = "000000000000000000000002"

    /// Unique. The id is derived from it.
    let name: String
    let title: String
    let description: String
    let priority: Priority
    let query: String
    let trigger: Trigger
    /// The span of messages that one look covers.
    let window: Duration
    /// The time from one look to the next.
    let distance: Duration
    let fields: [Field]
    /// The fields by which two events are about the same thing.
    let key: [String]
    /// The time in which no second notification is sent for the same key.
    let grace: Duration

    var id: String { PackIdentity.uuid(of: "event definition \(name)") }

    func entity(stream: String, notifications: [String]) -> PackEntity {
        PackEntity(
            kind: .eventDefinition, id: id,
            data: [
                "title": .wrapped(title),
                "description": .wrapped(description),
                "priority": .wrapped(priority.rawValue),
                "alert": .wrapped(true),
                "config": .object(configuration(stream: stream)),
                "field_spec": .object(fields.map { .init($0.name, $0.specification) }),
                "key_spec": .strings(key),
                "notification_settings": [
                    "grace_period_ms": .milliseconds(grace),
                    "backlog_size": .integer(Self.backlog),
                ],
                "notifications": .array(
                    notifications.map { ["notification_id": .wrapped($0), "notification_parameters": nil] }),
                "storage": [["type": "persist-to-streams-v1", "streams": [.string(Self.eventsStream)]]],
                "is_scheduled": .wrapped(true),
            ])
    }

    private func configuration(stream: String) -> [JSONTree.Member] {
        [
            .init("type", "aggregation-v1"),
            .init("query", .wrapped(query)),
            .init("streams", trigger == .none ? [] : [.string(stream)]),
        ] + trigger.members + [
            .init("search_within_ms", .milliseconds(window)),
            .init("execute_every_ms", .milliseconds(distance)),
        ] + (trigger == .message ? [.init("event_limit", .integer(Self.mostEvents))] : [])
    }
}

extension AlertDefinition.Field {
    fileprivate var specification: JSONTree {
        [
            "data_type": "string",
            "providers": [["type": "template-v1", "template": .string(template), "require_values": false]],
        ]
    }
}

extension AlertDefinition.Trigger {
    private static let series = "count()"

    fileprivate var members: [JSONTree.Member] {
        switch self {
        case .message:
            [.init("group_by", []), .init("series", []), .init("conditions", ["expression": nil])]
        case .any(let group): Self.counting(by: group, ">=")
        case .none: Self.counting(by: [], "<")
        }
    }

    private static func counting(by group: [String], _ comparison: String) -> [JSONTree.Member] {
        [
            .init("group_by", .strings(group)),
            // `type` in the place of `function` is unknown before 5.2, and every later version still takes this.
            .init("series", [["id": .string(series), "function": "count"]]),
            .init(
                "conditions",
                [
                    "expression": [
                        "expr": .string(comparison), "left": ["expr": "number-ref", "ref": .string(series)],
                        "right": ["expr": "number", "value": .decimal(1)],
                    ]
                ]),
        ]
    }
}

extension JSONTree {
    fileprivate static func milliseconds(_ duration: Duration) -> JSONTree {
        .integer(Int(duration.wholeMilliseconds))
    }
}

/// Texts that become part of a template, in which Graylog replaces `${…}` by a value.
enum AlertTemplate {
    /// The text without the start of a value: a space separates `$` from `{`.
    static func text(_ text: String) -> String {
        var previous: Unicode.Scalar = " "
        return text.replacingScalars { scalar in
            defer { previous = scalar }
            return previous == "$" && scalar == "{" ? " {" : nil
        }
    }
}
