// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("A request to Graylog")
struct RESTRequestTests {
    private static func text(_ request: RESTRequest) -> String {
        let body = request.body.map { body in
            // In one line, without spaces.
            let lines = String(decoding: body, as: UTF8.self).split(separator: "\n")
            return " " + lines.map { $0.drop { $0 == " " } }.joined().replacing("\": ", with: "\":")
        }
        return "\(request.method.rawValue) \(request.path)\(body ?? "")"
    }

    @Test(
        "to install has the body that the version wants",
        arguments: [
            ("5.2.0", #"{"parameters":{},"comment":"hsmwatch graylog install"}"#),
            ("6.3.15", #"{"parameters":{},"comment":"hsmwatch graylog install"}"#),
            (
                "7.0.0",
                #"{"entity":{"parameters":{},"comment":"hsmwatch graylog install"},"share_request":null}"#
            ),
        ])
    func install(version: String, body: String) throws {
        let request = RESTRequest.install(3, on: try #require(GraylogRelease(parsing: version)))
        #expect(Self.text(request) == "POST /system/content_packs/\(ContentPack.id)/3/installations \(body)")
    }

    @Test("names what it is about in its path")
    func paths() throws {
        let id = try GraylogID(parsing: "66a0")
        let pack = "/system/content_packs/\(ContentPack.id)"
        #expect(Self.text(.overview) == "GET /system")
        #expect(Self.text(.revisions) == "GET \(pack)")
        #expect(Self.text(.installations) == "GET \(pack)/installations")
        #expect(Self.text(.uninstall(id)) == "DELETE \(pack)/installations/66a0")
        #expect(Self.text(.delete(2)) == "DELETE \(pack)/2")
        #expect(Self.text(.delete()) == "DELETE \(pack)")
        #expect(Self.text(.upload(Array("{}".utf8))) == "POST /system/content_packs {}")
        #expect(Self.text(.stream(id)) == "GET /streams/66a0")
        #expect(Self.text(.resume(id)) == "POST /streams/66a0/resume")
        #expect(Self.text(.inputState(id)) == "GET /system/inputstates/66a0")
        #expect(Self.text(.rotate(id)) == "POST /cluster/deflector/66a0/cycle")
    }

    @Test("to fix a type has the field, Graylog's word for its kind, and no rotation of its own")
    func pin() throws {
        let set = IndexSet(id: try GraylogID(parsing: "66a0"), title: "Default", isStandard: true)
        let requests = FieldPinning.requests(for: set).map(Self.text)
        #expect(requests.count == MessageField.numeric.count)
        let head = "PUT /system/indices/mappings {\"index_sets\":[\"66a0\"],\"field\":"
        #expect(requests.contains(head + #""sockets_available","type":"long","rotate":false}"#))
        #expect(requests.contains(head + #""latency_ms","type":"double","rotate":false}"#))
        #expect(FieldPinning.types.contains("latency_ms double, "))
    }

    @Test(
        "has only ids in its path that cannot be anything else there",
        arguments: ["", "a/b", "..", "a?b", "a%2Fb", "ä", "a b"])
    func ids(text: String) {
        #expect(throws: InvalidText.self) { try GraylogID(parsing: text) }
        #expect(throws: InvalidText.self) { try GraylogID(parsing: String(repeating: "a", count: 65)) }
    }
}
