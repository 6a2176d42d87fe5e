// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A stream of a Graylog.
package struct GraylogStream: Hashable, Sendable {
    package let id: String
    package let title: String
    let description: String
    /// Whether it takes no messages: Graylog's `disabled`.
    package internal(set) var isPaused: Bool
    /// Where its messages are stored.
    package internal(set) var indexSet = GraylogIndexSet.initial[0].id
    /// Whether they are not in the default stream as well.
    package internal(set) var leavesDefaultStream = false
    /// Whether it is Graylog's own, and cannot be edited.
    let isSystem: Bool

    /// The rules as REST shows them, all of which a message must meet.
    var rules: [JSONValue] = []

    /// Those that every Graylog has.
    static let system = [
        GraylogStream(
            id: "000000000000000000000001", title: "Default Stream",
            description: "Contains messages that are not explicitly routed to other streams", isPaused: false,
            isSystem: true),
        GraylogStream(
            id: "000000000000000000000002", title: "All events",
            description: "Stream containing all events created by Graylog", isPaused: false, isSystem: true),
        GraylogStream(
            id: "000000000000000000000003", title: "All system events",
            description: "Stream containing all system events created by Graylog", isPaused: false, isSystem: true),
    ]

    func json(createdAt: String, for version: GraylogVersion) -> JSONValue {
        var members: JSONObject = [
            "id": .string(id), "creator_user_id": isSystem ? "local:admin" : "admin", "outputs": [],
            "matching_type": "AND", "description": .string(description), "created_at": .string(createdAt),
            "disabled": .boolean(isPaused), "rules": .array(rules), "title": .string(title), "content_pack": .null,
            "is_default": .boolean(id == Self.system[0].id),
            "remove_matches_from_default_stream": .boolean(leavesDefaultStream),
            "index_set_id": .string(indexSet), "is_editable": .boolean(!isSystem),
            "categories": version.hasMembersOfSeven ? [] : .null,
        ]
        if version.hasMembersOfSeven { members.set("favorite_fields", to: .null) }
        return .object(members)
    }

    /// Whether a message with these fields meets every rule; Graylog's own streams take none here.
    func takes(_ fields: [String: FieldValue]) -> Bool {
        !rules.isEmpty
            && rules.allSatisfy { rule in
                guard let field = rule["field"]?.string, let value = rule["value"]?.string else { return false }
                return fields[field] == .string(value)
            }
    }

    /// The rules of a pack's stream, as REST shows them.
    static func rules(of entity: JSONValue, stream: String, id: () -> String) -> [JSONValue] {
        (entity["data"]?["stream_rules"]?.elements ?? []).map { rule in
            [
                "id": .string(id()), "stream_id": .string(stream), "type": 1,
                "field": rule["field"]?["@value"] ?? .null, "value": rule["value"]?["@value"] ?? .null,
                "inverted": rule["inverted"]?["@value"] ?? false,
                "description": rule["description"]?["@value"] ?? .null,
            ]
        }
    }
}
