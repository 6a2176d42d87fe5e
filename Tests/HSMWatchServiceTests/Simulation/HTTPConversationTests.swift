// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Testing

@testable import HSMWatchSimulation

@Suite("Conversation over GELF HTTP")
struct HTTPConversationTests {
    private static let authorization = HTTPRules.Authorization(header: "X-Token", value: "Bearer secret")

    private func head(
        _ method: HTTPMethod = .POST, _ uri: String = "/gelf", version: HTTPVersion = .http1_1,
        headers: [String: String] = [:]
    ) -> HTTPRequestHead {
        HTTPRequestHead(version: version, method: method, uri: uri, headers: HTTPHeaders(headers.map { ($0, $1) }))
    }

    /// All that a request leads to.
    private func actions(
        of head: HTTPRequestHead, _ body: String = "{}", in conversation: inout HTTPConversation
    ) -> [InputAction] {
        let bytes = Array(body.utf8)
        let half = bytes.count / 2
        return [.head(head), .body(Array(bytes[..<half])), .body(Array(bytes[half...])), .end].reduce([]) {
            all, event in
            all + conversation.handle(event)
        }
    }

    private func answer(
        _ status: HTTPResponseStatus, _ version: HTTPVersion = .http1_1, keepsAlive: Bool = true
    ) -> InputAction {
        .answer(HTTPAnswer(status: status, version: version, keepsAlive: keepsAlive))
    }

    private func lost(_ reason: String, _ frame: String = "{}") -> InputAction {
        .lost(reason: reason, frame: Array(frame.utf8))
    }

    private func frame(_ text: String) -> InputAction {
        .frame(Array(text.utf8))
    }

    // MARK: Checks

    @Test("checks a request in Graylog's order: preflight, authorization, method, path")
    func order() {
        var conversation = HTTPConversation(HTTPRules(authorization: Self.authorization))
        let wrong = lost("401: the header X-Token has not the value it must have")
        let token = ["x-token": "Bearer secret"]
        #expect(actions(of: head(.OPTIONS, "/"), in: &conversation) == [answer(.ok)])
        #expect(actions(of: head(.GET, "/"), in: &conversation) == [wrong, answer(.unauthorized)])
        #expect(
            actions(of: head(headers: ["x-token": "bearer secret"]), in: &conversation)
                == [wrong, answer(.unauthorized)])
        #expect(
            actions(of: head(.GET, "/", headers: token), in: &conversation)
                == [lost("405: GET /, but only POST is taken"), answer(.methodNotAllowed)])
        #expect(
            actions(of: head(.POST, "/", headers: token), in: &conversation)
                == [lost("404: the path is /, not /gelf"), answer(.notFound)])
        #expect(actions(of: head(headers: token), in: &conversation) == [frame("{}"), answer(.accepted)])
    }

    @Test("serves one path, to the letter", arguments: ["/gelf?", "/gelf/", "/GELF", "/gelf?a=b", "//gelf", "/"])
    func path(uri: String) {
        var conversation = HTTPConversation(HTTPRules())
        #expect(actions(of: head(.POST, uri), in: &conversation).last == answer(.notFound))
        conversation = HTTPConversation(HTTPRules(path: uri))
        #expect(actions(of: head(.POST, uri), in: &conversation).last == answer(.accepted))
        #expect(actions(of: head(), in: &conversation).last == answer(.notFound))
    }

    @Test("takes a body of the greatest length, and refuses a longer one before all other checks")
    func length() {
        var conversation = HTTPConversation(HTTPRules())
        let longest = String(repeating: "x", count: HTTPRules.maximumBodyLength)
        #expect(
            actions(of: head(headers: ["content-length": "65536"]), longest, in: &conversation)
                == [frame(longest), answer(.accepted)])
        let tooLong = "413: a body of more than 65536 bytes"
        #expect(
            actions(of: head(.GET, "/", headers: ["content-length": "65537"]), longest + "x", in: &conversation)
                == [lost(tooLong, ""), answer(.payloadTooLarge)])
        #expect(actions(of: head(), in: &conversation) == [frame("{}"), answer(.accepted)])
        // Without an announcement it is noticed when it is too late to go on.
        #expect(
            actions(of: head(), longest + "x", in: &conversation)
                == [lost(tooLong, longest + "x"), answer(.payloadTooLarge, keepsAlive: false)])
        #expect(conversation.handle(.closed) == [.close])
        #expect(actions(of: head(), in: &conversation) == [])
    }

    @Test("lets a client that asks before it sends a body go on, unless it is too long")
    func expectation() {
        var conversation = HTTPConversation(HTTPRules())
        #expect(conversation.handle(.head(head(headers: ["expect": "100-Continue"]))) == [answer(.continue)])
        #expect(conversation.handle(.body(Array("{}".utf8))) == [])
        #expect(conversation.handle(.end) == [frame("{}"), answer(.accepted)])
        let long = head(headers: ["expect": "100-continue", "content-length": "65537", "connection": "close"])
        let refusal = [lost("413: a body of more than 65536 bytes", ""), answer(.payloadTooLarge)]
        #expect(conversation.handle(.head(long)) == refusal)
    }

    @Test(
        "keeps the connection as the client wants it, and as its version has it",
        arguments: [
            (HTTPVersion.http1_1, [String: String](), true), (.http1_1, ["connection": "close"], false),
            (.http1_0, [:], false), (.http1_0, ["connection": "keep-alive"], true),
        ])
    func keepAlive(version: HTTPVersion, headers: [String: String], keepsAlive: Bool) {
        for uri in ["/gelf", "/"] {
            var conversation = HTTPConversation(HTTPRules())
            let status = uri == "/gelf" ? HTTPResponseStatus.accepted : .notFound
            #expect(
                actions(of: head(.POST, uri, version: version, headers: headers), in: &conversation).last
                    == answer(status, version, keepsAlive: keepsAlive))
        }
    }

    @Test("answers what is no HTTP as the bad GET that Netty makes of it, and closes")
    func malformed() {
        var conversation = HTTPConversation(HTTPRules())
        let reason = "405: GET /bad-request, but only POST is taken"
        #expect(
            conversation.handle(.malformed)
                == [lost(reason, ""), answer(.methodNotAllowed, .http1_0, keepsAlive: false)])
        #expect(conversation.handle(.closed) == [.close])
        conversation = HTTPConversation(HTTPRules(authorization: Self.authorization))
        #expect(conversation.handle(.head(head())) == [])
        #expect(conversation.handle(.malformed).last == answer(.unauthorized, .http1_0, keepsAlive: false))
    }

    @Test("tells of a request that broke off")
    func brokenOff() {
        var conversation = HTTPConversation(HTTPRules())
        #expect(conversation.handle(.head(head())) == [])
        #expect(conversation.handle(.body(Array("{".utf8))) == [])
        #expect(conversation.handle(.closed) == [lost("the connection ended within a request", "{"), .close])
    }

    // MARK: Bodies

    @Test("answers 202 to a body of no or one byte, then closes", arguments: ["", "x"], [true, false])
    func shortBody(body: String, isBulk: Bool) {
        var conversation = HTTPConversation(HTTPRules(isBulk: isBulk))
        let text = body + (isBulk ? "\n{}\n" : "")
        let reason = "202, but a frame of \(body.isEmpty ? "0 bytes" : "1 byte"): Graylog closes the connection"
        #expect(actions(of: head(), text, in: &conversation) == [lost(reason, ""), answer(.accepted), .close])
        #expect(conversation.handle(.closed) == [])
    }

    @Test("takes lines as messages with bulk, and all of it as one without")
    func lines() {
        var conversation = HTTPConversation(HTTPRules(isBulk: true))
        #expect(
            actions(of: head(), "{1}\n{2}\r\n", in: &conversation) == [frame("{1}"), frame("{2}"), answer(.accepted)])
        conversation = HTTPConversation(HTTPRules())
        #expect(actions(of: head(), "{1}\n{2}\n", in: &conversation) == [frame("{1}\n{2}\n"), answer(.accepted)])
    }

    @Test("with bulk, glues a line without its end to the next request, and gives it away at the end")
    func glue() {
        var conversation = HTTPConversation(HTTPRules(isBulk: true))
        #expect(actions(of: head(), "{1}\n{2}", in: &conversation) == [frame("{1}"), answer(.accepted)])
        // A refused request's body is none.
        #expect(actions(of: head(.POST, "/"), "{x}\n", in: &conversation).count == 2)
        #expect(actions(of: head(), "{3}\n{4}", in: &conversation) == [frame("{2}{3}"), answer(.accepted)])
        // Nor is what a refusal closes the connection for.
        #expect(conversation.handle(.malformed).count == 2)
        #expect(conversation.handle(.closed) == [frame("{4}"), .close])
        #expect(conversation.handle(.closed) == [])
    }

    @Test("with bulk, a line may grow as long as a body, over several requests")
    func longLine() {
        var conversation = HTTPConversation(HTTPRules(isBulk: true))
        let half = String(repeating: "x", count: HTTPRules.maximumBodyLength / 2)
        #expect(actions(of: head(), half, in: &conversation) == [answer(.accepted)])
        #expect(actions(of: head(), half, in: &conversation) == [answer(.accepted)])
        let reason = "202, but a frame of more than 65536 bytes: Graylog closes the connection"
        #expect(actions(of: head(), "x", in: &conversation) == [lost(reason, ""), answer(.accepted), .close])
    }
}
