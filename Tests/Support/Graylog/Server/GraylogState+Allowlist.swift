// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// An entry of Graylog's list of URLs that notifications may be sent to.
package struct GraylogAllowedURL: Hashable, Sendable {
    package let id: String
    package let title: String
    package let value: String
    /// Whether the value is the URL itself; else a regular expression, which the simulation does not read.
    package let isLiteral: Bool

    package init(id: String, title: String, value: String, isLiteral: Bool = true) {
        self.id = id
        self.title = title
        self.value = value
        self.isLiteral = isLiteral
    }
}

/// `/system/urlallowlist`, in older versions `/system/urlwhitelist`: `UrlAllowlistResource`.
extension GraylogState {
    /// Each version has one of the two names, and answers 404 to the other.
    static func allowlistResource(_ route: [String]) -> [String: GraylogOperation]? {
        guard ["urlallowlist", "urlwhitelist"].contains(route[0]) else { return nil }
        func known(_ run: @escaping GraylogOperation.Run) -> GraylogOperation {
            GraylogOperation { state, request throws(GraylogAnswer) in
                guard route[0] == state.version.allowlistName else { throw .failure(404, "HTTP 404 Not Found") }
                return try run(&state, request)
            }
        }
        switch route.count {
        case 1:
            return [
                "GET": known { state, _ throws(GraylogAnswer) in try state.showAllowlist() },
                "PUT": known { state, request throws(GraylogAnswer) in try state.replaceAllowlist(request) },
            ]
        case 2 where route[1] == "check":
            return ["POST": known { state, request throws(GraylogAnswer) in try state.checkURL(request) }]
        default: return nil
        }
    }

    private func showAllowlist() throws(GraylogAnswer) -> GraylogAnswer {
        try permit("\(version.allowlistName):read")
        let entries = allowedURLs.map { entry -> JSONValue in
            [
                "id": .string(entry.id), "type": entry.isLiteral ? "literal" : "regex", "title": .string(entry.title),
                "value": .string(entry.value),
            ]
        }
        return GraylogAnswer(["entries": .array(entries), "disabled": .boolean(allowsEveryURL)])
    }

    /// Takes the whole list at a time.
    private mutating func replaceAllowlist(_ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        let body = try json(request)
        try permit("\(version.allowlistName):write")
        guard let entries = body["entries"]?.elements, let isDisabled = body["disabled"]?.boolean else {
            throw unmappable("entries and disabled are needed")
        }
        var urls: [GraylogAllowedURL] = []
        for entry in entries {
            guard let id = entry["id"]?.string, let title = entry["title"]?.string, let value = entry["value"]?.string,
                let type = entry["type"]?.string, ["literal", "regex"].contains(type)
            else { throw unmappable("id, type, title and value are needed") }
            urls.append(GraylogAllowedURL(id: id, title: title, value: value, isLiteral: type == "literal"))
        }
        allowedURLs = urls
        allowsEveryURL = isDisabled
        return GraylogAnswer(204)
    }

    private func checkURL(_ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        guard let url = try json(request)["url"]?.string else { throw unmappable("url is needed") }
        let isAllowed = allowsEveryURL || allowedURLs.contains { $0.isLiteral && $0.value == url }
        let name = version.allowlistName == "urlallowlist" ? "is_allowlisted" : "is_whitelisted"
        return GraylogAnswer(.object(["url": .string(url), name: .boolean(isAllowed)]))
    }
}
