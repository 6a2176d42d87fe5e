// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
