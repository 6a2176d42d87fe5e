// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// An event definition that a content pack has made.
package struct GraylogEventDefinition: Hashable, Sendable {
    package let id: String
    package let title: String
    /// Whether Graylog looks for its events.
    package internal(set) var isScheduled: Bool
    /// What REST shows besides the state.
    private let members: JSONObject

    /// - Parameter ids: those of the pack's entities, by their ids in the pack.
    init(_ entity: JSONValue, id: String, ids: [String: String], createdAt: String) {
        let data = Self.unwrapped(entity["data"] ?? [:], ids)
        self.id = id
        title = data["title"]?.string ?? ""
        isScheduled = data["is_scheduled"]?.boolean ?? true
        members = [
            "_scope": "DEFAULT", "id": .string(id), "title": data["title"] ?? .null,
            "description": data["description"] ?? .null, "updated_at": .string(createdAt), "matched_at": .null,
            "priority": data["priority"] ?? .null, "alert": data["alert"] ?? .null,
            "config": Self.configuration(data["config"] ?? [:]), "field_spec": data["field_spec"] ?? [:],
            "key_spec": data["key_spec"] ?? [], "notification_settings": data["notification_settings"] ?? [:],
            "notifications": data["notifications"] ?? [], "storage": data["storage"] ?? [], "scheduler": .null,
        ]
    }

    var json: JSONValue {
        var members = members
        members.set("state", to: isScheduled ? "ENABLED" : "DISABLED")
        return .object(members)
    }

    /// What REST shows of a notification.
    static func notification(_ entity: JSONValue, id: String, for version: GraylogVersion) -> JSONValue {
        let data = unwrapped(entity["data"] ?? [:], [:])
        var configuration = JSONObject()
        let given = data["config"] ?? [:]
        for name in given.names { configuration.set(name, to: given[name] ?? .null) }
        if given["type"] == "email-notification-v1" {
            let copies = version >= GraylogVersion(6, 3) ? copyDefaults : [:]
            for (name, value) in Array(mailDefaults) + Array(copies) where given[name] == nil {
                configuration.set(name, to: value)
            }
            if version.hasMembersOfSeven { configuration.set("include_event_procedure", to: false) }
        }
        return [
            "id": .string(id), "title": data["title"] ?? .null, "description": data["description"] ?? .null,
            "config": .object(configuration),
        ]
    }

    /// The members that a definition has besides those that a pack gives.
    private static func configuration(_ given: JSONValue) -> JSONValue {
        var members: JSONObject = [
            "query_parameters": [], "filters": [], "stream_categories": [], "use_cron_scheduling": false,
            "cron_expression": .null, "cron_timezone": .null, "event_limit": 100,
        ]
        for name in given.names { members.set(name, to: given[name] ?? .null) }
        let series = (given["series"]?.elements ?? []).map { series -> JSONValue in
            [
                "type": series["type"] ?? series["function"] ?? .null, "id": series["id"] ?? .null,
                "field": series["field"] ?? .null,
            ]
        }
        members.set("series", to: .array(series))
        return .object(members)
    }

    private static let mailDefaults: KeyValuePairs<String, JSONValue> = [
        "reply_to": "", "html_body_template": "", "time_zone": "UTC", "lookup_recipient_emails": false,
        "recipients_lut_name": .null, "recipients_lut_key": .null, "lookup_sender_email": false,
        "sender_lut_name": .null, "sender_lut_key": .null, "lookup_reply_to_email": false,
        "reply_to_lut_name": .null, "reply_to_lut_key": .null,
    ]

    private static let copyDefaults: KeyValuePairs<String, JSONValue> = [
        "single_email": false, "cc_users": [], "cc_emails": [], "lookup_cc_emails": false,
        "cc_emails_lut_name": .null, "cc_emails_lut_key": .null, "bcc_users": [], "bcc_emails": [],
        "lookup_bcc_emails": false, "bcc_emails_lut_name": .null, "bcc_emails_lut_key": .null,
    ]

    /// Values without what a pack puts around them, and ids on the server in the place of those in the pack.
    private static func unwrapped(_ value: JSONValue, _ ids: [String: String]) -> JSONValue {
        switch value {
        case .object(let members):
            if let inner = members["@value"] { return unwrapped(inner, ids) }
            var object = JSONObject()
            for name in members.names { object.set(name, to: unwrapped(members[name] ?? .null, ids)) }
            return .object(object)
        case .array(let elements): return .array(elements.map { unwrapped($0, ids) })
        case .string(let text): return .string(ids[text] ?? text)
        case .null, .boolean, .integer, .decimal: return value
        }
    }
}
