// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// One connection to a GELF HTTP input: what is answered to each request, and which messages come out of it.
///
///     waiting ── head ──▶ reading ── end ──▶ answered in the order of Graylog's checks, then waiting
///        ▲                   └── too long, or no HTTP ──▶ skipping: answered, and closed unless that was announced
///        └────── end ───────────────────────────────────────┘
///     any ── a frame that ends the connection, or its end ──▶ finished
///
/// Source: Netty's `HttpObjectAggregator` (before all else), `HttpHandler` and `AbstractHttpTransport` of
/// graylog2-server. With bulk, the lines are the connection's, not the request's, as in Graylog: what follows the last
/// line feed waits for the next request, and comes out when the connection is closed (issue 21551).
struct HTTPConversation {
    enum Event {
        case head(HTTPRequestHead)
        case body([UInt8])
        case end
        /// What came is no HTTP.
        case malformed
        /// The sender will send no more.
        case closed
    }

    private enum State {
        case waiting
        case reading(HTTPRequestHead, body: [UInt8])
        case skipping
        case finished
    }

    private let rules: HTTPRules
    private var state = State.waiting
    private var lines = DelimitedFrames.lines(DelimitedFrames.minimumGELFLength...HTTPRules.maximumBodyLength)

    init(_ rules: HTTPRules) {
        self.rules = rules
    }

    mutating func handle(_ event: Event) -> [InputAction] {
        switch (state, event) {
        case (.waiting, .head(let head)): return begin(head)
        case (.reading(let head, var body), .body(let bytes)):
            body += bytes
            state = .reading(head, body: body)
            guard body.count > HTTPRules.maximumBodyLength else { return [] }
            state = .skipping
            return refuse(head, .payloadTooLarge, closing: true, body)
        case (.reading(let head, let body), .end):
            state = .waiting
            return answer(head, body)
        case (.reading(_, let body), .closed):
            return [.lost(reason: "the connection ended within a request", frame: body)] + close()
        case (.waiting, .closed), (.skipping, .closed): return close()
        case (.skipping, .end):
            state = .waiting
            return []
        case (.waiting, .malformed), (.reading, .malformed), (.skipping, .malformed):
            // Netty makes a GET of it.
            state = .skipping
            let isAuthorized = rules.authorization == nil
            let head = HTTPRequestHead(version: .http1_0, method: .GET, uri: "/bad-request")
            return refuse(head, isAuthorized ? .methodNotAllowed : .unauthorized, closing: true, [])
        case (.finished, _), (.waiting, .body), (.waiting, .end), (.reading, .head), (.skipping, .head),
            (.skipping, .body):
            return []
        }
    }

    // MARK: Requests

    private mutating func begin(_ head: HTTPRequestHead) -> [InputAction] {
        let isExpectant = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= HTTPRules.maximumBodyLength else {
            state = .skipping
            return refuse(head, .payloadTooLarge, closing: !isExpectant && !head.isKeepAlive, [])
        }
        state = .reading(head, body: [])
        return isExpectant ? [.answer(HTTPAnswer(status: .continue, version: head.version, keepsAlive: true))] : []
    }

    private mutating func answer(_ head: HTTPRequestHead, _ body: [UInt8]) -> [InputAction] {
        if head.method == .OPTIONS {
            return [.answer(HTTPAnswer(status: .ok, version: head.version, keepsAlive: head.isKeepAlive))]
        }
        if let wanted = rules.authorization, head.headers.first(name: wanted.header) != wanted.value {
            return refuse(head, .unauthorized, closing: !head.isKeepAlive, body)
        }
        guard head.method == .POST else { return refuse(head, .methodNotAllowed, closing: !head.isKeepAlive, body) }
        guard head.uri == rules.path else { return refuse(head, .notFound, closing: !head.isKeepAlive, body) }
        let accepted = InputAction.answer(
            HTTPAnswer(status: .accepted, version: head.version, keepsAlive: head.isKeepAlive))
        let (frames, violation) = rules.isBulk ? lines.frames(in: body) : whole(body)
        guard let violation else { return frames.map(InputAction.frame) + [accepted] }
        state = .finished
        // Graylog has answered before it looks at the body.
        return frames.map(InputAction.frame) + [.lost(reason: "202, but \(violation)", frame: []), accepted, .close]
    }

    private func whole(_ body: [UInt8]) -> (frames: [[UInt8]], violation: FrameViolation?) {
        body.count < DelimitedFrames.minimumGELFLength ? ([], .tooShort(body.count)) : ([body], nil)
    }

    private func refuse(
        _ head: HTTPRequestHead, _ status: HTTPResponseStatus, closing: Bool, _ body: [UInt8]
    ) -> [InputAction] {
        let answer = HTTPAnswer(status: status, version: head.version, keepsAlive: !closing)
        return [.lost(reason: "\(status.code): \(reason(for: status, head))", frame: body), .answer(answer)]
    }

    private func reason(for status: HTTPResponseStatus, _ head: HTTPRequestHead) -> String {
        switch status {
        case .payloadTooLarge: "a body of more than \(HTTPRules.maximumBodyLength) bytes"
        case .unauthorized: "the header \(rules.authorization?.header ?? "") has not the value it must have"
        case .notFound: "the path is \(head.uri), not \(rules.path)"
        default: "\(head.method) \(head.uri), but only POST is taken"
        }
    }

    private mutating func close() -> [InputAction] {
        state = .finished
        guard rules.isBulk, let line = lines.unended() else { return [.close] }
        guard line.count >= DelimitedFrames.minimumGELFLength else {
            return [.lost(reason: "\(FrameViolation.tooShort(line.count))", frame: line), .close]
        }
        return [.frame(line), .close]
    }
}

/// What a GELF HTTP input wants of a request: Graylog's configuration of it.
package struct HTTPRules: Hashable, Sendable {
    /// The header that must have one value: `authorization_header_name` and `authorization_header_value`.
    package struct Authorization: Hashable, Sendable {
        /// The header's name, as in `Authorization`.
        package let header: String
        /// The whole value, as in `Bearer secret`.
        package let value: String

        package init(header: String, value: String) {
            self.header = header
            self.value = value
        }
    }

    /// The most bytes of a body: the default of Graylog's `max_chunk_size`.
    package static let maximumBodyLength = 65_536

    /// How long a connection may send nothing before it is closed: the default of Graylog's `idle_writer_timeout`.
    package static let idleLimit = Duration.seconds(60)

    /// The only path that is served, to the letter: one with a query is another one.
    package var path: String
    /// What a request must show; `nil` asks for nothing.
    package var authorization: Authorization?
    /// Whether each line of a body is a message: `enable_bulk_receiving`.
    package var isBulk: Bool
    /// How long a connection may send nothing before it is closed.
    package var idleLimit: Duration

    package init(
        path: String = "/gelf", authorization: Authorization? = nil, isBulk: Bool = false,
        idleLimit: Duration = HTTPRules.idleLimit
    ) {
        self.path = path
        self.authorization = authorization
        self.isBulk = isBulk
        self.idleLimit = idleLimit
    }
}

/// An answer to a request; never with a body.
struct HTTPAnswer: Equatable, Sendable {
    let status: HTTPResponseStatus
    /// The request's version, which is the answer's too.
    var version = HTTPVersion.http1_1
    /// Whether the connection stays open for the next request.
    let keepsAlive: Bool

    /// The answer as it is sent. `100 Continue` is not the end of an answer: another one follows.
    var head: HTTPResponseHead {
        var headers = HTTPHeaders()
        if status != .continue {
            headers.add(name: "content-length", value: "0")
            headers.add(name: "connection", value: keepsAlive ? "keep-alive" : "close")
        }
        return HTTPResponseHead(version: version, status: status, headers: headers)
    }
}
