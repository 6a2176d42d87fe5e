// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Graylog's REST interface")
struct GraylogStateTests {
    private static let packs = "/api/system/content_packs"
    private static let id = "5f0b4f3e-1c1a-4d3a-9f0a-0000000000ff"
    private static let installations = "\(packs)/\(id)/1/installations"
    private static let mappings = "/api/system/indices/mappings"
    /// The name and `token`, in base64.
    private static let authorization =
        "Basic MWMza3QwazNuNW9mZ3JheWxvZ2FyZTUyY2hhcmFjdGVyc29mYmFzZTM2YW5kbm9tb3JlOnRva2Vu"
    static let headers = [
        "Authorization": authorization, "X-Requested-By": "hsmwatch", "Content-Type": "application/json",
    ]

    /// A request as a client in good standing makes it.
    private func request(
        _ method: String, _ path: String, _ body: String = "", headers: [String: String] = headers
    ) -> GraylogRequest {
        GraylogRequest(method, path, headers: headers, body: Array(body.utf8))
    }

    private func message(_ answer: GraylogAnswer) -> String? {
        var parser = JSONParser(answer.body)
        return (try? parser.value())?["message"]?.string
    }

    private func json(_ answer: GraylogAnswer) throws -> JSONValue {
        try SamplePack.json(String(decoding: answer.body, as: UTF8.self))
    }

    private func order(_ version: GraylogVersion) -> String {
        let order = #"{"parameters":{},"comment":"by a test"}"#
        return version.wrapsInstallations ? #"{"entity":\#(order),"share_request":null}"# : order
    }

    // MARK: Who may ask what

    @Test(
        "checks a request in order: path, method, header against cross-site requests, credentials, body, permission",
        arguments: [
            (["PATCH", "/api/system"], headers, 405, "HTTP 405 Method Not Allowed"),
            (["POST", "/api/nowhere"], headers, 405, "HTTP 405 Method Not Allowed"),
            (
                ["POST", packs], ["Authorization": authorization], 400,
                "CSRF protection header is missing. Please add a \"X-Requested-By\" header to your request."
            ),
            (["POST", packs], ["X-Requested-By": "x"], 401, nil),
            (["GET", "/api/system"], [:], 401, nil),
            (["GET", "/api/system"], ["Authorization": "Bearer abc"], 401, nil),
            (["GET", "/api/system"], ["Authorization": "Basic dGhlOnRva2Vu"], 401, nil),
            (
                ["GET", "/api/system"], ["Authorization": "Basic dG9rZW4="], 400,
                "Invalid credentials in Authorization header"
            ),
            (["GET", "/api/system"], ["authorization": authorization], 200, nil),
            (["GET", "/api"], [:], 200, nil),
            (
                ["POST", packs], ["Authorization": authorization, "X-Requested-By": "x"], 415,
                "HTTP 415 Unsupported Media Type"
            ),
            (["POST", packs], headers, 400, "the text ends at byte 0"),
        ] as [([String], [String: String], Int, String?)])
    func checks(asked: [String], headers: [String: String], status: Int, message: String?) {
        var state = GraylogState(GraylogVersion(6, 0))
        let answer = state.answer(request(asked[0], asked[1], headers: headers))
        #expect(answer.status == status)
        #expect(self.message(answer) == message)
        if status == 401 { #expect(answer.headers["WWW-Authenticate"] == "Basic realm=\"Graylog Server\"") }
    }

    @Test("answers an unknown path with the web interface's page, which is no JSON; since 7.1 with 404 below /api")
    func unknownPath() {
        for (path, version, status) in [
            ("/system", GraylogVersion(7, 1, 7), 200), ("/api/nowhere", GraylogVersion(7, 0, 12), 200),
            ("/api/nowhere", GraylogVersion(7, 1, 7), 404),
        ] {
            var state = GraylogState(version)
            let answer = state.answer(request("GET", path))
            #expect(answer.status == status)
            #expect(answer.contentType == (status == 200 ? "text/html" : nil))
        }
    }

    @Test(
        "tells its version, to anybody at the root and to who may know at /system", arguments: GraylogVersion.examined)
    func version(version: GraylogVersion) throws {
        var state = GraylogState(version)
        state.versionText = "\(version)-SNAPSHOT+1a2b3c4"
        let greeting = state.answer(request("GET", "/api/", headers: [:]))
        #expect(try json(greeting)["version"] == .string("\(version)-SNAPSHOT+1a2b3c4"))
        #expect(try json(state.answer(request("GET", "/api/system")))["version"] == json(greeting)["version"])
        state.missingPermissions = ["system:read"]
        #expect(state.answer(request("GET", "/api/system")).status == 403)
    }

    @Test(
        "refuses what the token's user may not do",
        arguments: [
            ("contentpack:read", "GET", packs, "Not authorized"),
            ("contentpack:read", "GET", "\(packs)/x", "Not authorized to access resource id <x>"),
            ("contentpack:delete", "DELETE", "\(packs)/x", "Not authorized to access resource id <x>"),
            (
                "contentpack:uninstall", "DELETE", "\(packs)/x/installations/66",
                "Not authorized to access resource id <x>"
            ),
            ("streams:read", "GET", "/api/streams/x", "Not authorized to access resource id <x>"),
            ("indexsets:read", "GET", "/api/system/indices/index_sets/x", "Not authorized to access resource id <x>"),
        ])
    func permissions(permission: String, method: String, path: String, message: String) {
        var state = GraylogState(GraylogVersion(6, 0))
        state.missingPermissions = [permission]
        let answer = state.answer(request(method, path))
        #expect(answer.status == 403)
        #expect(self.message(answer) == message)
    }

    // MARK: Content packs

    @Test("takes a pack, once, and gives it back", arguments: GraylogVersion.examined)
    func uploads(version: GraylogVersion) throws {
        var state = GraylogState(version)
        let upload = request("POST", Self.packs, SamplePack.text)
        #expect(state.answer(upload).headers["Location"]?.hasSuffix("/system/content_packs/\(Self.id)") == true)
        let again = state.answer(upload)
        #expect(again.status == 400)
        #expect(message(again) == "Content pack \(Self.id) with this revision 1 already found!")
        let second = SamplePack.text.replacing(#""rev": 1"#, with: #""rev": 2"#)
        #expect(state.answer(request("POST", Self.packs, second)).status == 201)
        let download = try json(state.answer(request("GET", "\(Self.packs)/\(Self.id)/1/download")))
        #expect(download["entities"] == (try SamplePack.pack["entities"]))
        #expect(download["server_version"] == .string("\(version)"))
        let all = try json(state.answer(request("GET", Self.packs)))
        #expect(all["content_packs"]?.elements.map { $0["rev"] } == [1, 2])
        let latest = try json(state.answer(request("GET", "\(Self.packs)/latest")))
        #expect(latest["content_packs"]?.elements.map { $0["rev"] } == [2])
        let revisions = try json(state.answer(request("GET", "\(Self.packs)/\(Self.id)")))
        #expect(revisions["content_pack_revisions"]?.names == ["1", "2"])
        #expect(revisions["constraints_result"]?["1"]?.elements.map { $0["fulfilled"] } == [true])
        #expect(state.answer(request("GET", "\(Self.packs)/\(Self.id)/3")).status == 404)
        #expect(state.answer(request("DELETE", "\(Self.packs)/\(Self.id)/1")).status == 204)
        #expect(state.packs.map(\.id.revision) == [2])
        #expect(state.answer(request("DELETE", "\(Self.packs)/\(Self.id)")).status == 204)
        #expect(
            message(state.answer(request("GET", "\(Self.packs)/\(Self.id)"))) == "Content pack \(Self.id) not found!")
    }

    @Test("an entity without a constraint to the server's version gets one, to this one; its first streams are taken")
    func changesUpload() throws {
        var state = GraylogState(GraylogVersion(6, 1, 3))
        let text = SamplePack.text
            .replacing(#"[{"type": "server-version", "version": ">=5.2.0"}]"#, with: "[]", maxReplacements: 1)
            .replacing(
                #""name": "chart", "streams": []"#, with: #""name": "chart", "streams": ["5f0b4f3e1c1a4d3a9f0a0002"]"#)
        #expect(state.answer(request("POST", Self.packs, text)).status == 201)
        let entities = state.packs[0].json["entities"]?.elements ?? []
        #expect(entities[0]["constraints"] == [["type": "server-version", "version": ">=6.1.3"]])
        let query = try #require(entities[5]["data"]?["search"]?["queries"]?.elements.first)
        #expect(query["search_types"]?.elements.first?["streams"] == [])
    }

    @Test(
        "installs all of a pack: the stream runs until 6.3, and is paused since 7.0", arguments: GraylogVersion.examined
    )
    func installs(version: GraylogVersion) throws {
        var state = GraylogState(version)
        #expect(state.answer(request("POST", Self.packs, SamplePack.text)).status == 201)
        let installation = try json(state.answer(request("POST", Self.installations, order(version))))
        #expect(installation["content_pack_revision"] == 1)
        #expect(installation["comment"] == "by a test")
        let entities = installation["entities"]?.elements ?? []
        #expect(entities.count == 6)
        let stream = try #require(entities.first { $0["type"]?["name"] == "stream" }?["id"]?.string)
        let isPaused = version >= GraylogVersion(7, 0)
        #expect(try json(state.answer(request("GET", "/api/streams/\(stream)")))["disabled"] == .boolean(isPaused))
        #expect(try json(state.answer(request("GET", "/api/streams")))["total"] == 4)
        #expect(state.answer(request("POST", "/api/streams/\(stream)/resume")).status == 204)
        #expect(state.userStreams.map(\.isPaused) == [false])
        let metadata = try json(state.answer(request("GET", Self.packs)))["content_packs_metadata"]
        #expect(metadata == [Self.id: ["1": ["installation_count": 1]]] as JSONValue)
    }

    @Test("wants an installation asked for as its version does", arguments: GraylogVersion.examined)
    func wantsShape(version: GraylogVersion) throws {
        var state = GraylogState(version)
        _ = state.answer(request("POST", Self.packs, SamplePack.text))
        let other = version.wrapsInstallations ? GraylogVersion(6, 3) : GraylogVersion(7, 0)
        let answer = state.answer(request("POST", Self.installations, order(other)))
        #expect(answer.status == 400)
        #expect(message(answer)?.hasPrefix("Unable to map property ") == true)
        #expect(try json(answer)["type"] == (version >= GraylogVersion(6, 1) ? "RequestError" : "ApiError"))
        #expect(state.installations.isEmpty)
    }

    @Test(
        "takes no pack that is malformed, and installs nothing of one that cannot be installed",
        arguments: [
            (#""rev": 1"#, #""rev": "one""#, 400, nil, "rev: "),
            (#""search_types": ["#, #""types": ["#, 500, nil, "search_types are looked for"),
            (#"">=5.2.0""#, #"">=7.1.0""#, 201, 500, "Failed constraints: [7.0.12 is not >=7.1.0]"),
            (#""extractors": []"#, #""extractors": null"#, 201, 500, "Failed to install content pack <\(id)/1>"),
            (
                #""parameters": []"#,
                #""parameters": [{"type": "string", "name": "A", "title": "", "description": ""}]"#,
                201, 500, "Missing parameters: [A]"
            ),
        ] as [(String, String, Int, Int?, String)])
    func refusesPack(old: String, new: String, uploads: Int, installs: Int?, message: String) {
        let version = GraylogVersion(7, 0, 12)
        var state = GraylogState(version)
        let text = SamplePack.text.replacing(old, with: new, maxReplacements: 1)
        let upload = state.answer(request("POST", Self.packs, text))
        #expect(upload.status == uploads)
        guard let installs else {
            #expect(self.message(upload)?.hasPrefix(message) == true)
            return #expect(state.packs.isEmpty)
        }
        let answer = state.answer(request("POST", Self.installations, order(version)))
        #expect(answer.status == installs)
        #expect(self.message(answer) == message)
        #expect(state.userStreams.isEmpty)
    }

    @Test("without a comment, what was installed stays, and nobody knows by whom")
    func withoutComment() {
        var state = GraylogState(GraylogVersion(6, 0))
        _ = state.answer(request("POST", Self.packs, SamplePack.text))
        let answer = state.answer(request("POST", Self.installations, #"{"parameters":{}}"#))
        #expect(answer.status == 500)
        #expect(message(answer) == "Null comment")
        #expect(state.installations.isEmpty)
        #expect(state.userStreams.count == 1)
    }

    @Test(
        "installs nothing when the user may not create one of the entities, since 6.3",
        arguments: ["streams:create", "dashboards:create"])
    func mayNotCreate(permission: String) {
        for version in [GraylogVersion(6, 2), GraylogVersion(6, 3)] {
            var state = GraylogState(version)
            _ = state.answer(request("POST", Self.packs, SamplePack.text))
            state.missingPermissions = [permission]
            let answer = state.answer(request("POST", Self.installations, order(version)))
            #expect(answer.status == (version.checksCreatePermissions ? 500 : 200))
            #expect(state.userStreams.isEmpty == version.checksCreatePermissions)
        }
    }

    @Test("keeps a pack as long as it is installed, and takes away with an installation what it installed")
    func uninstalls() throws {
        let version = GraylogVersion(7, 1, 7)
        var state = GraylogState(version)
        _ = state.answer(request("POST", Self.packs, SamplePack.text))
        _ = state.answer(request("POST", Self.installations, order(version)))
        for path in ["\(Self.packs)/\(Self.id)/1", "\(Self.packs)/\(Self.id)"] {
            let answer = state.answer(request("DELETE", path))
            #expect(answer.status == 400)
            #expect(message(answer)?.contains("There are still installations") == true)
        }
        // A second installation does not find the first one's entities.
        _ = state.answer(request("POST", Self.installations, order(version)))
        #expect(state.userStreams.count == 2)
        let listed = try json(state.answer(request("GET", "\(Self.packs)/\(Self.id)/installations")))
        #expect(listed["total"] == 2)
        for installation in listed["installations"]?.elements.compactMap({ $0["_id"]?.string }) ?? [] {
            let path = "\(Self.packs)/\(Self.id)/installations/\(installation)"
            #expect(
                try json(state.answer(request("GET", path + "/uninstall_details")))["entities"]?.elements.count == 6)
            let gone = try json(state.answer(request("DELETE", path)))["uninstalled"]
            #expect(gone?["entities"]?.elements.count == 6)
            #expect(state.answer(request("DELETE", path)).status == 404)
        }
        #expect(state.userStreams.isEmpty)
        #expect(state.answer(request("DELETE", "\(Self.packs)/\(Self.id)")).status == 204)
    }

    // MARK: Streams and field types

    @Test("knows no stream of that id, and changes none of its own")
    func streams() {
        var state = GraylogState(GraylogVersion(7, 0, 12))
        #expect(message(state.answer(request("GET", "/api/streams/x"))) == "Stream <x> not found!")
        #expect(state.answer(request("POST", "/api/streams/x/resume")).status == 404)
        let own = state.answer(request("POST", "/api/streams/000000000000000000000001/resume"))
        #expect(own.status == 400)
        #expect(message(own) == "The stream cannot be resumed.")
    }

    @Test(
        "sets a field's type in an index set, and gives it a new index when asked", arguments: GraylogVersion.examined)
    func setsFieldType(version: GraylogVersion) throws {
        var state = GraylogState(version)
        let sets = try json(state.answer(request("GET", "/api/system/indices/index_sets?skip=0&limit=0&stats=false")))
        let id = try #require(sets["index_sets"]?.elements.first { $0["default"] == true }?["id"]?.string)
        let body = #"{"index_sets":["\#(id)"],"field":"sockets_available","type":"long","rotate":true}"#
        let answer = state.answer(request("PUT", Self.mappings, body))
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty == (version < GraylogVersion(6, 0)))
        #expect(state.indexSets[0].fieldTypes == ["sockets_available": "long"])
        #expect(state.indexSets[0].rotations == 1)
        // What is so already is no reason for a new index.
        _ = state.answer(request("PUT", Self.mappings, body))
        #expect(state.indexSets[0].rotations == 1)
    }

    @Test(
        "refuses a field type that cannot be",
        arguments: [
            (
                #"{"index_sets":["650000000000000000000001"],"field":"a","type":"int","rotate":false}"#,
                "Invalid type provided: int - "
            ),
            (
                #"{"index_sets":["650000000000000000000001"],"field":"timestamp","type":"long"}"#,
                "Unable to change field type of timestamp"
            ),
            (
                #"{"index_sets":["650000000000000000000002"],"field":"a","type":"long"}"#,
                "Unable to change field type of a, not allowed to change type in indices : [Graylog Events]"
            ),
            (
                #"{"index_set":["650000000000000000000001"],"field":"a","type":"long"}"#,
                "Unable to map property index_set."
            ),
            (#"{"index_sets":[],"field":"a","type":"long"}"#, nil),
            (#"{"index_sets":["650000000000000000000001"],"type":"long"}"#, nil),
        ] as [(String, String?)])
    func refusesFieldType(body: String, message: String?) {
        var state = GraylogState(GraylogVersion(6, 3))
        let answer = state.answer(request("PUT", Self.mappings, body))
        #expect(answer.status == 400)
        if let message { #expect(self.message(answer)?.hasPrefix(message) == true) }
        #expect(state.indexSets.filter { !$0.fieldTypes.isEmpty }.isEmpty)
    }
}
