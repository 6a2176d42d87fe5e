// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One request to Graylog's REST API, with what has to be known to explain that it was refused.
///
/// Paths, bodies and permissions are those of graylog2-server: `ContentPackResource`, `StreamResource`,
/// `InputsResource`, `InputStatesResource`, `UrlAllowlistResource`, `IndexSetsResource`, `FieldTypeMappingsResource`
/// and `ClusterDeflectorResource`, 5.2 to 7.1.
package struct RESTRequest: Equatable, Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// How long an answer may take that needs nothing but Graylog's own database.
    private static let short = Duration.seconds(30)
    /// The same where Graylog makes or deletes everything that is in a pack, or an index.
    private static let long = Duration.seconds(180)

    package let method: Method
    /// Below the URL's.
    package let path: String
    /// JSON.
    package let body: [UInt8]?
    /// What it does, in words that follow "to".
    package let purpose: String
    /// What the token's user must be permitted.
    package let permission: String
    /// How long the answer may take.
    package let patience: Duration
    /// Whether Graylog may say of a missing permission only that something has failed.
    package private(set) var hidesRefusal = false
    /// The one status of HTTP that says that it was done, where Graylog has one. Any other success is a proxy's.
    package private(set) var success: UInt?

    init(
        _ method: Method, _ path: String, _ body: String? = nil, to purpose: String, permission: String,
        patience: Duration = Self.short, success: UInt? = nil
    ) {
        self.init(
            method, path, bytes: body.map { Array($0.utf8) }, to: purpose, permission: permission, patience: patience,
            success: success)
    }

    private init(
        _ method: Method, _ path: String, bytes: [UInt8]?, to purpose: String, permission: String,
        patience: Duration = Self.short, success: UInt? = nil
    ) {
        self.success = success
        self.method = method
        self.path = path
        self.body = bytes
        self.purpose = purpose
        self.permission = permission
        self.patience = patience
    }
}

extension RESTRequest {
    private static let pack = "/system/content_packs/\(ContentPack.id)"
    /// What Graylog's list of installations shows.
    private static let comment = "hsmwatch graylog install"

    /// Which Graylog it is.
    package static let overview = RESTRequest(.get, "/system", to: "say its version", permission: "system:read")

    /// The same, for everybody.
    package static let greeting = RESTRequest(.get, "/", to: "say its version", permission: "none")

    /// Every revision of the pack, with its content. 404 when there is none.
    package static let revisions = RESTRequest(
        .get, pack, to: "list the revisions of the content pack", permission: "contentpack:read")

    package static let installations = RESTRequest(
        .get, pack + "/installations", to: "list the installations of the content pack", permission: "contentpack:read")

    /// All inputs that the token's user may see.
    package static let inputs = RESTRequest(.get, "/system/inputs", to: "list its inputs", permission: "inputs:read")

    /// Makes an input on every node. One whose port is taken is made, too, and fails.
    package static func make(_ input: WantedInput) -> RESTRequest {
        RESTRequest(
            .post, "/system/inputs", input.body, to: "make the input \(input.title.quoted)",
            permission: "inputs:create", success: 201)
    }

    /// Replaces all settings of an input, which Graylog stops and starts again for it.
    package static func change(_ input: PackPresence.Input, to wanted: WantedInput) -> RESTRequest {
        RESTRequest(
            .put, "/system/inputs/\(input.id)", wanted.body(changing: input),
            to: "change the input \(input.title.quoted)", permission: "inputs:edit")
    }

    package static func remove(_ input: PackPresence.Input) -> RESTRequest {
        RESTRequest(
            .delete, "/system/inputs/\(input.id)", to: "delete the input \(input.title.quoted)",
            permission: "inputs:terminate", success: 204)
    }

    /// The state of an input on the node that answers. 404 when that does not have it.
    package static func inputState(_ id: GraylogID) -> RESTRequest {
        RESTRequest(
            .get, "/system/inputstates/\(id)", to: "say how the input is", permission: "inputs:read")
    }

    /// A stream; 404 when it is gone.
    package static func stream(_ id: GraylogID) -> RESTRequest {
        RESTRequest(.get, "/streams/\(id)", to: "say how the stream is", permission: "streams:read")
    }

    package static func resume(_ id: GraylogID) -> RESTRequest {
        RESTRequest(
            .post, "/streams/\(id)/resume", to: "resume the stream", permission: "streams:changestate", success: 204)
    }

    /// What is not named stays as it is.
    package static func store(_ storage: PackPresence.StreamStorage, of stream: GraylogID) -> RESTRequest {
        let change: JSONTree = [
            "index_set_id": .string("\(storage.indexSet)"),
            "remove_matches_from_default_stream": .boolean(storage.leavesDefaultStream),
        ]
        return RESTRequest(
            .put, "/streams/\(stream)", change.text, to: "keep the stream in its index set", permission: "streams:edit")
    }

    /// - Parameter pack: with its revision in it, which Graylog must not have yet.
    package static func upload(_ pack: [UInt8]) -> RESTRequest {
        RESTRequest(
            .post, "/system/content_packs", bytes: pack, to: "take the content pack", permission: "contentpack:create",
            success: 201)
    }

    package static func install(_ revision: Int, on version: GraylogRelease) -> RESTRequest {
        let entity: JSONTree = ["parameters": [:], "comment": .string(comment)]
        let body: JSONTree = version.isSharing ? ["entity": entity, "share_request": nil] : entity
        var request = RESTRequest(
            .post, "\(pack)/\(revision)/installations", body.text, to: "install revision \(revision)",
            permission:
                "contentpack:install, and to create inputs, streams, dashboards, event definitions and notifications",
            patience: long)
        request.hidesRefusal = true
        return request
    }

    package static func uninstall(_ installation: GraylogID) -> RESTRequest {
        RESTRequest(
            .delete, "\(pack)/installations/\(installation)", to: "uninstall the content pack",
            permission: "contentpack:uninstall", patience: long)
    }

    /// Deletes a revision that is not installed; without one all of them.
    package static func delete(_ revision: Int? = nil) -> RESTRequest {
        RESTRequest(
            .delete, pack + (revision.map { "/\($0)" } ?? ""),
            to: revision.map { "delete revision \($0) of the content pack" } ?? "delete the content pack",
            permission: "contentpack:delete", success: 204)
    }

    package static let indexSets = RESTRequest(
        .get, "/system/indices/index_sets", to: "list its index sets", permission: "indexsets:read")

    /// Fixes the type of a field from the set's next index on.
    package static func pin(_ field: MessageField, in indexSet: GraylogID) -> RESTRequest {
        let mapping: JSONTree = [
            "index_sets": [.string("\(indexSet)")], "field": .string(field.name),
            "type": .string(field.kind.indexType), "rotate": false,
        ]
        return RESTRequest(
            .put, "/system/indices/mappings", mapping.text, to: "fix the type of \(field.name)",
            permission: "typemappings:create")
    }

    /// Begins the set's next index, on whichever node may.
    package static func rotate(_ indexSet: GraylogID) -> RESTRequest {
        RESTRequest(
            .post, "/cluster/deflector/\(indexSet)/cycle", to: "begin a new index", permission: "deflector:cycle",
            patience: long)
    }
}

extension RESTRequest {
    /// What is asked of a message that is found, in the order of the answer's columns: the message's own time, and the
    /// time at which Graylog received it.
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

/// Graylog's list of the URLs that notifications may be sent to. Graylog takes the whole list at a time.
package struct URLAllowlist: Equatable, Sendable {
    /// The list's names in Graylog's paths, the newer one first: Graylog answers 404 to the other's path.
    package static let names = ["urlallowlist", "urlwhitelist"]

    /// As Graylog answers them.
    package let entries: [JSONTree]
    /// Whether the list is switched off, so that every URL is allowed.
    package let isDisabled: Bool

    package init(entries: [JSONTree], isDisabled: Bool) {
        self.entries = entries
        self.isDisabled = isDisabled
    }

    /// Whether an entry is the URL itself.
    package func contains(_ url: String) -> Bool {
        entries.contains { entry in
            guard case .object(let members) = entry else { return false }
            return members.contains(JSONTree.Member("value", .string(url)))
        }
    }

    /// The list with the URL, as a body for Graylog.
    package func adding(_ url: String) -> String {
        let entry: JSONTree = [
            "id": .string(PackIdentity.uuid(of: "allowed URL \(url)")), "value": .string(url), "type": "literal",
            "title": "hsmwatch",
        ]
        let tree: JSONTree = ["entries": .array(entries + [entry]), "disabled": .boolean(isDisabled)]
        return tree.text
    }
}

extension RESTRequest {
    /// - Parameter name: one of `URLAllowlist.names`.
    package static func allowlist(_ name: String) -> RESTRequest {
        RESTRequest(
            .get, "/system/\(name)", to: "show its URL allowlist", permission: "\(name):read")
    }

    /// Whether a URL is allowed, by an entry of any kind.
    package static func isAllowed(_ url: String, by name: String) -> RESTRequest {
        let body: JSONTree = ["url": .string(url)]
        return RESTRequest(
            .post, "/system/\(name)/check", body.text, to: "say whether the webhook is allowed", permission: "none")
    }

    /// Replaces the whole list.
    package static func allow(_ url: String, in list: URLAllowlist, _ name: String) -> RESTRequest {
        RESTRequest(
            .put, "/system/\(name)", list.adding(url), to: "put the webhook on its URL allowlist",
            permission: "\(name):write", success: 204)
    }
}
