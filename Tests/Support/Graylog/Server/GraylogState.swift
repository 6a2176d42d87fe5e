// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What a Graylog knows, and what its REST interface answers: the part of it that a content pack's installer meets.
///
/// A request is checked in Graylog's order: whether there is such a resource and method, the header against cross-site
/// requests, the credentials, the body's type and JSON, the permission, and then what it asks for. (Which of the header
/// and the credentials comes first, the source leaves open.)
///
/// Source: `graylog2-server`, the classes named at each resource; `VerboseCsrfProtectionFilter`,
/// `ShiroSecurityContextFilter`, `ShiroAuthenticationFilter` and the exception mappers.
package struct GraylogState: Sendable {
    /// The version whose rules it has.
    package let version: GraylogVersion
    /// The access token that it lets in.
    package var token: String
    /// The version as it tells it, as in `7.2.0-SNAPSHOT+1a2b3c4`.
    package var versionText: String
    /// The permissions that the token's user lacks, as in `contentpack:install`.
    package var missingPermissions: Set<String> = []
    /// The time of all that is created, as Graylog writes it.
    package var time = "2026-01-01T00:00:00.000Z"
    package internal(set) var packs: [StoredPack] = []
    package internal(set) var installations: [PackInstallation] = []
    package internal(set) var streams = GraylogStream.system
    package internal(set) var indexSets = GraylogIndexSet.initial
    /// The inputs that somebody has deleted by hand.
    var deletedInputs: Set<String> = []
    /// The dashboards that somebody has deleted by hand.
    var deletedDashboards: Set<String> = []
    /// The inputs that belong to no pack.
    var otherInputs: [GraylogInput] = []
    /// The event definitions of installed packs.
    package internal(set) var eventDefinitions: [GraylogEventDefinition] = []
    /// The notifications of installed packs, as REST shows them.
    var notifications: [JSONValue] = []
    /// The URLs that notifications may be sent to.
    package var allowedURLs: [GraylogAllowedURL] = []
    /// Whether every URL is allowed.
    package var allowsEveryURL = false
    /// The messages that a search finds, the oldest first.
    package internal(set) var messages: [GraylogMessage] = []
    /// What arrives at the inputs after each request; nil: nothing.
    package var traffic: GraylogMessage?
    /// TCP ports of the machine that other programs have.
    package var takenPorts: Set<Int64> = []
    private var lastObjectNumber: UInt64 = 0

    package init(_ version: GraylogVersion, token: String = GraylogState.token) {
        self.version = version
        self.token = token
        versionText = "\(version)+1a2b3c4"
    }

    /// The access token, unless another one is chosen.
    package static let token = "1c3kt0k3n5ofgraylogare52charactersofbase36andnomore"

    /// The streams that somebody has created.
    package var userStreams: [GraylogStream] { streams.filter { !$0.isSystem } }

    /// The pack with that id and revision.
    package func pack(_ id: String, _ revision: Int64) -> StoredPack? {
        packs.first { $0.id == StoredPack.ID(id: id, revision: revision) }
    }

    /// Does what a request asks for, as far as it may.
    package mutating func answer(_ request: GraylogRequest) -> GraylogAnswer {
        defer { if let traffic, !inputs.isEmpty { store(traffic) } }
        do throws(GraylogAnswer) {
            guard let route = request.route else { throw webInterfaceAnswer(request) }
            guard let resource = Self.resource(route) else { throw unknownPathAnswer(request) }
            guard let operation = resource[request.method] else {
                throw GraylogAnswer.failure(405, "HTTP 405 Method Not Allowed")
            }
            if operation.needsCredentials { try check(request) }
            return try operation.run(&self, request)
        } catch {
            return error
        }
    }

    // MARK: Checks

    private func webInterfaceAnswer(_ request: GraylogRequest) -> GraylogAnswer {
        request.method == "GET" ? .webInterface : .failure(405, "HTTP 405 Method Not Allowed")
    }

    private func unknownPathAnswer(_ request: GraylogRequest) -> GraylogAnswer {
        guard request.method == "GET" else { return .failure(405, "HTTP 405 Method Not Allowed") }
        return version.refusesUnknownPaths ? GraylogAnswer(404) : .webInterface
    }

    private func check(_ request: GraylogRequest) throws(GraylogAnswer) {
        let authorization = request.headers["authorization"] ?? ""
        let isBasic = authorization.hasPrefix("Basic")
        let credentials = isBasic ? BasicCredentials(authorization) : nil
        if isBasic, credentials == nil { throw .failure(400, "Invalid credentials in Authorization header") }
        if request.method != "GET", request.headers["x-requested-by"] == nil {
            throw .failure(
                400,
                "CSRF protection header is missing. Please add a \"X-Requested-By\" header to your request.")
        }
        guard let credentials, credentials.name == token, credentials.password.lowercased() == "token" else {
            var answer = GraylogAnswer(401)
            answer.headers["WWW-Authenticate"] = "Basic realm=\"Graylog Server\""
            throw answer
        }
    }

    /// Refuses whoever lacks the permission.
    func permit(_ permission: String, on instance: String? = nil) throws(GraylogAnswer) {
        guard missingPermissions.contains(permission) else { return }
        throw .failure(403, instance.map { "Not authorized to access resource id <\($0)>" } ?? "Not authorized")
    }

    /// The body as JSON.
    func json(_ request: GraylogRequest) throws(GraylogAnswer) -> JSONValue {
        guard request.headers["content-type"]?.lowercased().hasPrefix("application/json") == true else {
            throw .failure(415, "HTTP 415 Unsupported Media Type")
        }
        var parser = JSONParser(request.body)
        do {
            return try parser.value()
        } catch {
            throw unmappable("\(error)")
        }
    }

    /// The answer to JSON that Graylog cannot make anything of.
    func unmappable(_ reason: String, path: String = "") -> GraylogAnswer {
        guard version.namesPlaceOfBadJSON else { return .failure(400, reason) }
        var members: JSONObject = [
            "type": "RequestError", "line": 1, "column": 1, "reference_path": .string(path), "message": .string(reason),
        ]
        // Seen on 7.1.7: a body that has no value where one must be has no path.
        if !path.isEmpty { members.set("path", to: .string(path)) }
        return GraylogAnswer(400, .object(members))
    }

    /// The node that answers.
    static let node = "e3b7e4c1-0000-4000-8000-000000000001"

    /// An id for something new, of 24 hexadecimal digits.
    mutating func newID() -> String {
        lastObjectNumber += 1
        let digits = String(lastObjectNumber, radix: 16)
        return "66" + String(repeating: "0", count: 22 - digits.count) + digits
    }
}
