// SPDX-License-Identifier: Apache-2.0

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

    func json(createdAt: String) -> JSONValue {
        [
            "id": .string(id), "creator_user_id": isSystem ? "local:admin" : "admin", "outputs": [],
            "matching_type": "AND", "description": .string(description), "created_at": .string(createdAt),
            "disabled": .boolean(isPaused), "rules": [], "title": .string(title), "content_pack": .null,
            "is_default": .boolean(id == Self.system[0].id),
            "remove_matches_from_default_stream": .boolean(leavesDefaultStream),
            "index_set_id": .string(indexSet), "is_editable": .boolean(!isSystem),
        ]
    }
}
