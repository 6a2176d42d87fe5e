// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

extension RESTRequest {
    /// What is asked of a message that is found, in the order of the answer's columns: the message's own time, and the time at
    /// which Graylog received it.
    package static let searchedFields = ["timestamp", "gl2_receive_timestamp"]

    /// One message that a query finds. Changes nothing.
    ///
    /// - Parameters:
    ///   - range: how far back from now, by the messages' own times.
    ///   - patience: how long the answer may take.
    package static func search(_ query: String, within range: Duration, patience: Duration) -> RESTRequest {
        let body: JSONTree = [
            "query": .string(query), "size": 1,
            "timerange": ["type": "relative", "range": .integer(Int(range.wholeSeconds))],
            "fields": .array(searchedFields.map(JSONTree.string)),
        ]
        return RESTRequest(
            .post, "/search/messages", body.text, to: "search its messages",
            permission: "to read the streams that are searched", patience: patience)
    }

    /// An event definition, with whether Graylog looks for its events.
    package static func definition(_ id: GraylogID) -> RESTRequest {
        RESTRequest(
            .get, "/events/definitions/\(id)", to: "show the alert", permission: "eventdefinitions:read")
    }

    /// A notification; 404 when it is gone.
    package static func notification(_ id: GraylogID) -> RESTRequest {
        RESTRequest(
            .get, "/events/notifications/\(id)", to: "show the notification", permission: "eventnotifications:read")
    }

    /// A dashboard; 404 when it is gone.
    package static func dashboard(_ id: GraylogID) -> RESTRequest {
        RESTRequest(.get, "/views/\(id)", to: "show the dashboard", permission: "view:read")
    }

    /// Lets Graylog look for the events of a definition, or no longer. The definition stays.
    package static func schedule(_ definition: GraylogID, _ isOn: Bool) -> RESTRequest {
        RESTRequest(
            .put, "/events/definitions/\(definition)/\(isOn ? "schedule" : "unschedule")",
            to: isOn ? "switch the alert on" : "switch the alert off", permission: "eventdefinitions:edit")
    }
}
