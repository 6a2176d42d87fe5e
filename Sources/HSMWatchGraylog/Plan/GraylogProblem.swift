// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Why Graylog has not done what it was asked for, in a sentence that says what to do.
package struct GraylogProblem: Error, Equatable, CustomStringConvertible {
    /// Characters of what Graylog itself says; its messages about JSON list every key there is.
    private static let longestMessage = 400

    package let description: String
    /// The same without what to do.
    package let summary: String
    /// Whether Graylog may have done it nevertheless, since no answer came.
    package let isUncertain: Bool
    /// Whether Graylog does not have what the request is about.
    package let isMissing: Bool
    /// Whether the token's user may not have it, or a proxy lets no request to it through.
    package let isForbidden: Bool

    /// Whether a web page answers in the place of the REST API.
    package private(set) var isWebPage = false

    /// Whether it cannot be known, though all else may be well.
    package var isWithheld: Bool { isMissing || isForbidden }

    package init(
        _ description: String, summary: String? = nil, isUncertain: Bool = false, isMissing: Bool = false,
        isForbidden: Bool = false
    ) {
        self.description = description
        self.summary = summary ?? description
        self.isUncertain = isUncertain
        self.isMissing = isMissing
        self.isForbidden = isForbidden
    }

    /// No answer came, or none that can be understood.
    ///
    /// - Parameter reason: in words that stand for themselves.
    package init(to request: RESTRequest, _ reason: String) {
        let isUncertain = request.method != .get
        let rest = isUncertain ? "; whether it has nevertheless is not known: run the same command again" : ""
        let summary = "Graylog did not \(request.purpose): \(reason)"
        self.init(summary + rest, summary: summary, isUncertain: isUncertain)
    }

    /// A web page was answered: Graylog's own web interface is at every path that is not the REST API's.
    package static func webPage(for request: RESTRequest, at url: GraylogURL) -> GraylogProblem {
        var problem = GraylogProblem(
            to: request, "a web page answers at \(url): is Graylog's REST API at another path, such as /api")
        problem.isWebPage = true
        return problem
    }

    /// An answer says that it was not done.
    ///
    /// - Parameters:
    ///   - status: of HTTP, none of 200 to 299.
    ///   - message: Graylog's own, if there is one; as it came.
    ///   - location: where a redirection leads to; as it came.
    package init(
        to request: RESTRequest, status: UInt, message: String?, location: String? = nil
    ) {
        let meaning = Self.meaning(of: status, request, location: location.map(Self.printable))
        let own = message.map(Self.printable).flatMap { $0.isEmpty ? nil : "Graylog says: \($0)" }
        let parts = ["HTTP \(status)", meaning, own].compactMap(\.self)
        self.init(
            "Graylog did not \(request.purpose): \(parts.joined(separator: "; "))",
            // A proxy that has given up says nothing of the Graylog behind it.
            isUncertain: request.method != .get && (502...504).contains(status), isMissing: status == 404,
            isForbidden: status == 403)
    }

    private static func meaning(of status: UInt, _ request: RESTRequest, location: String?) -> String? {
        switch status {
        case 300...399:
            return "a redirection\(location.map { " to \($0)" } ?? ""), and none is followed: name its place with --url"
        case 401:
            return
                "the token is not known: create one for a user in Graylog (Edit tokens), and put it into the first "
                + "line of --token-file"
        case 403:
            return "the token's user lacks a permission: \(request.permission)"
        case 404 where request == .overview, 405:
            return "nothing there is Graylog's REST API: is it at another path, which --url must have, such as /api"
        case 413:
            return "a proxy takes no request of \(request.body?.count ?? 0) bytes: raise its limit"
        case 429:
            return "it is asked too often: try again later"
        case 500:
            let permission =
                request.hidesRefusal ? ", perhaps that the token's user lacks a permission: \(request.permission)" : ""
            return "it failed inside, and its server log says why\(permission)"
        case 502...504:
            return "Graylog, or a proxy before it, cannot answer now: try again later"
        default:
            return nil
        }
    }

    /// What a peer says, without what a terminal would obey.
    private static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.isObeyed ? " " : $0 }
        let cut = scalars.prefix(longestMessage)
        let visible = cut.reduce(into: "") { $0.unicodeScalars.append($1) }
        return visible.split(separator: " ").joined(separator: " ") + (cut.count < scalars.count ? "…" : "")
    }
}
