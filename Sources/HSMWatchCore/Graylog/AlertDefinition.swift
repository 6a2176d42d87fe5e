// SPDX-License-Identifier: Apache-2.0

/// One of Graylog's event definitions: it looks for something at fixed distances, and tells whoever is to be told.
struct AlertDefinition: Hashable, Sendable {
    /// Graylog's own; the greatest that every version has.
    enum Priority: Int, Hashable, Sendable {
        case normal = 2
        case high = 3
    }

    /// What is computed of the messages that the query finds.
    enum Function: String, Hashable, Sendable {
        case count
        case card
        case min
        case max
        case sum
    }

    enum Comparison: String, Hashable, Sendable {
        case below = "<"
        case atLeast = ">="
    }

    /// `min(sockets_available) < 50`: when the alert is raised.
    struct Condition: Hashable, Sendable {
        let function: Function
        /// Nil only for `count`.
        let field: String?
        let comparison: Comparison
        let number: Int

        /// As many messages as that at least, or fewer.
        static func count(_ comparison: Comparison, _ number: Int) -> Condition {
            Condition(function: .count, field: nil, comparison: comparison, number: number)
        }

        /// The name under which a field's template finds the value.
        var sourceField: String {
            (["aggregation_value", function.rawValue] + (field.map { [$0] } ?? [])).joined(separator: "_")
        }
    }

    /// Whose messages are looked at.
    enum Streams: Hashable, Sendable {
        /// Those of the pack's stream.
        case ours
        /// All of them. A stream that has just been made has no messages yet: whoever looks for silence only there
        /// hears it with every upgrade of the pack.
        case all
    }

    /// How often Graylog looks.
    static let distance = Duration.seconds(60)
    /// How far back a look goes for what is said only once: the index may show it a moment after Graylog has looked.
    static let twice = distance * 2
    /// How long the same alert is not told again about what its group names.
    static let gracePeriod = Duration.seconds(300)
    /// Messages that a notification quotes at the most.
    static let backlog = 5
    /// Where Graylog keeps its events.
    static let eventsStream = "000000000000000000000002"

    /// Unique, and what its id is derived from.
    let name: String
    let title: String
    let description: String
    let priority: Priority
    /// The kinds of messages without which it says nothing true.
    let needs: Set<Event.Kind>
    /// The kinds that Graylog gets of what is watched.
    let heard: Set<Event.Kind>
    let query: String
    let streams: Streams
    /// The fields by which an alert is one of its own; none: one for all.
    let group: [String]
    let condition: Condition
    /// How far back a look goes.
    let window: Duration
    /// What is the matter, in a sentence; `${source.…}` stands for a value.
    let what: String
    /// What to do first.
    let step: String

    /// Whether Graylog gets what it needs.
    var isPossible: Bool { needs.isSubset(of: heard) }

    var id: String { PackIdentity.uuid(of: "event definition \(name)") }

    func entity(stream: String, notifications: [String]) -> PackEntity {
        PackEntity(
            kind: .eventDefinition, id: id,
            data: [
                "title": .wrapped(title),
                "description": .wrapped(description),
                "priority": .wrapped(priority.rawValue),
                "alert": .wrapped(true),
                "config": configuration(stream: stream),
                "field_spec": fieldSpecification,
                "key_spec": .strings(group),
                "notification_settings": [
                    "grace_period_ms": .integer(Int(Self.gracePeriod.wholeSeconds) * 1000),
                    "backlog_size": .integer(Self.backlog),
                ],
                "notifications": .array(
                    notifications.map { ["notification_id": .wrapped($0), "notification_parameters": nil] }),
                "storage": [["type": "persist-to-streams-v1", "streams": [.string(Self.eventsStream)]]],
                "is_scheduled": .wrapped(true),
            ])
    }

    private func configuration(stream: String) -> JSONTree {
        let series = condition.sourceField
        let field = condition.field.map { [JSONTree.Member("field", .string($0))] } ?? []
        return [
            "type": "aggregation-v1",
            "query": .wrapped(query),
            "streams": streams == .ours ? [.string(stream)] : [],
            "group_by": .strings(group),
            // `type` in its place is unknown before 5.2, and every later version still takes `function`.
            "series": [
                .object(
                    [.init("id", .string(series)), .init("function", .string(condition.function.rawValue))] + field)
            ],
            "conditions": [
                "expression": [
                    "expr": .string(condition.comparison.rawValue),
                    "left": ["expr": "number-ref", "ref": .string(series)],
                    "right": ["expr": "number", "value": .decimal(Double(condition.number))],
                ]
            ],
            "search_within_ms": .integer(Int(window.wholeSeconds) * 1000),
            "execute_every_ms": .integer(Int(Self.distance.wholeSeconds) * 1000),
        ]
    }

    /// The event's own fields, which a notification's text names.
    private var fieldSpecification: JSONTree {
        let fields = group.map { ($0, "${source.\($0)}") } + [("what", what), ("step", step)]
        return .object(
            fields.map { name, template in
                JSONTree.Member(
                    name,
                    [
                        "data_type": "string",
                        "providers": [["type": "template-v1", "template": .string(template), "require_values": true]],
                    ])
            })
    }
}
