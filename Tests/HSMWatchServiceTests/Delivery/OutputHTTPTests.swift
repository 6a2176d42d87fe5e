// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output over HTTP, over loopback", .timeLimit(.minutes(1)))
struct OutputHTTPTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static func output(
        to endpoints: HostPort..., http: HTTPConfiguration = HTTPConfiguration(), tls: TLSConfiguration? = nil
    ) -> OutputConfiguration {
        OutputConfiguration(name: "a", kind: .gelfHTTP, endpoints: endpoints, tls: tls, http: http)
    }

    /// The number of each message that `OutputStage.append` made, in all bodies.
    private static func numbers(_ requests: [HTTPPeer.Request]) -> [Int] {
        requests.flatMap { request in
            request.text.matches(of: /"_sequence":(\d+)/).compactMap { Int($0.1) }
        }
    }

    @Test("one message a request, in order, on one connection that is kept; 202 confirms each")
    func single() async throws {
        let (peer, address) = try await HTTPPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...50)
        try await running(delivery.spool, delivery.output(Self.output(to: address))) {
            let requests = try await peer.requests(50)
            #expect(Self.numbers(requests) == Array(1...50))
            let head = try #require(requests.first?.head)
            #expect(head.method == .POST)
            #expect(head.uri == "/gelf")
            #expect(head.headers["content-type"] == ["application/json"])
            #expect(head.headers["host"] == ["127.0.0.1:\(address.port)"])
            #expect(requests.allSatisfy { $0.body.last == UInt8(ascii: "}") })
            try await delivery.delivered()
            #expect(delivery.spool.waiting == 0)
        }
        // One to see whether somebody is there, and one for all requests.
        #expect(await peer.clients.count == 2)
        #expect(!delivery.notes.has("Output"))
        try await peer.stop()
    }

    @Test("a bulk request has up to 64 KiB, ends with a newline and closes its connection")
    func bulk() async throws {
        let (peer, address) = try await HTTPPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...200, length: 1000)
        let http = HTTPConfiguration(path: "/proxied/gelf", isBulk: true)
        try await running(delivery.spool, delivery.output(Self.output(to: address, http: http))) {
            try await delivery.delivered()
            let requests = try await peer.requests(1)
            #expect(Self.numbers(requests) == Array(1...200))
            #expect((4...10).contains(requests.count))
            #expect(requests.allSatisfy { $0.body.count <= 65_536 }, "\(requests.map(\.body.count))")
            #expect(
                requests.allSatisfy { $0.body.last == UInt8(ascii: "\n") }, "\(requests.map { $0.text.suffix(30) })")
            #expect(requests.allSatisfy { $0.head.headers["connection"] == ["close"] })
            #expect(requests.allSatisfy { $0.head.uri == "/proxied/gelf" })
        }
        try await peer.stop()
    }

    @Test(
        "what is not 202 confirms nothing, and says why",
        arguments: [
            (401, "the authorization is missing or wrong"), (404, "Graylog takes exactly /gelf"),
            (405, "this is not a GELF HTTP input"), (200, "a GELF HTTP input answers 202"), (302, "a redirection"),
            (503, "cannot take messages now"),
        ] as [(UInt, String)])
    func refused(status: UInt, reason: String) async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .status(status))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(Self.output(to: address), drainTimeout: .zero)
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to \(address): HTTP \(status)")
        }
        #expect("\(delivery.notes)".contains(reason))
        #expect(delivery.spool.cursor(of: "a") == 0)
        try await peer.stop()
    }

    @Test("a failure that may pass is tried again, at the next endpoint at once, and nothing is lost")
    func retried() async throws {
        let (failing, first) = try await HTTPPeer.start(answering: .status(202), .status(503))
        let (peer, second) = try await HTTPPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...5)
        try await running(delivery.spool, delivery.output(Self.output(to: first, second))) {
            try await delivery.noted("Output a delivers again to \(second)")
            try await delivery.delivered()
            #expect(Self.numbers(try await peer.requests(6)) == Array(2...7))
        }
        try await failing.stop()
        try await peer.stop()
    }

    @Test("a message that is too long for the input is reported once, and the others arrive")
    func tooLong() async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .status(202), .status(413), .status(202))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...4, length: 4096)
        try await running(delivery.spool, delivery.output(Self.output(to: address))) {
            try await delivery.noted("hsmwatch dropped 1 message before delivery: output a: HTTP 413: longer than")
            try await delivery.delivered()
            #expect(Self.numbers(try await peer.requests(5)) == Array(1...5))
        }
        #expect(delivery.spool.dropped(by: "a") == 1)
        try await peer.stop()
    }

    @Test(
        "a server that rejects even a short message as too long gets none: nothing is dropped, and it is asked twice a minute"
    )
    func shortAndTooLong() async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .status(413))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        try await running(delivery.spool, delivery.output(Self.output(to: address), drainTimeout: .zero)) {
            try await delivery.noted("Output a cannot deliver to \(address): HTTP 413")
        }
        #expect(delivery.spool.dropped == 0)
        #expect(delivery.spool.cursor(of: "a") == 0)
        #expect(try await peer.requests(1).count == 1)
        try await peer.stop()
    }

    @Test("a bulk request that is too long is sent again message by message")
    func bulkTooLong() async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .status(413), .status(202))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let http = HTTPConfiguration(isBulk: true)
        try await running(delivery.spool, delivery.output(Self.output(to: address, http: http))) {
            try await delivery.delivered()
            #expect(Self.numbers(try await peer.requests(4)) == [1, 2, 3, 1, 2, 3])
        }
        #expect(delivery.spool.dropped == 0)
        try await peer.stop()
    }

    @Test("a kept connection that the peer closes meanwhile is no outage")
    func stale() async throws {
        let (peer, address) = try await HTTPPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        try await running(delivery.spool, delivery.output(Self.output(to: address))) {
            for number in 1...5 {
                delivery.append(number...number)
                _ = try await peer.requests(number)
                try await delivery.delivered()
                await peer.cut()
            }
        }
        #expect(!delivery.notes.has("Output"))
        try await peer.stop()
    }

    @Test("a connection that is closed without an answer confirms nothing")
    func closed() async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .close)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        try await running(delivery.spool, delivery.output(Self.output(to: address), drainTimeout: .zero)) {
            try await delivery.noted(
                "Output a cannot deliver to \(address): the peer closed the connection without an answer")
        }
        #expect(delivery.spool.cursor(of: "a") == 0)
        try await peer.stop()
    }

    @Test("a server that does not answer is given up, and does not delay the stop")
    func silent() async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .nothing)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(Self.output(to: address), drainTimeout: .zero, patience: .milliseconds(300))
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to \(address): no answer within 300ms")
        }
        let patient = delivery.output(Self.output(to: address), drainTimeout: .zero, patience: limit)
        try await running(patient) { _ = try await peer.requests(2) }
        try await peer.stop()
    }

    @Test("the header that authorizes has the file's first line, and is read again when the file changes")
    func authorization() async throws {
        let file = folder.path + "/token"
        try Array("Bearer one\nignored\n".utf8).write(to: file)
        let (peer, address) = try await HTTPPeer.start()
        let http = HTTPConfiguration(authorization: .init(header: "X-Token", file: file))
        let requests = HTTPRequests(
            to: address, http, credentials: nil, authorization: AuthorizationFile(file), fileAge: .zero)
        requests.connect(by: try SocketAddress(ipAddress: address.host, port: Int(address.port)))
        #expect(await requests.post([Array("{}".utf8)], isBulk: false, within: limit) == .delivered)
        try Array("Bearer two\r\n".utf8).write(to: file)
        #expect(await requests.post([Array("{}".utf8)], isBulk: false, within: limit) == .delivered)
        #expect(try await peer.requests(2).map { $0.head.headers["x-token"] } == [["Bearer one"], ["Bearer two"]])
        // A file that becomes unusable leaves the old value in use.
        try Array("\n".utf8).write(to: file)
        #expect(await requests.post([Array("{}".utf8)], isBulk: false, within: limit) == .delivered)
        #expect(try await peer.requests(3).last?.head.headers["x-token"] == ["Bearer two"])
        await requests.shutDown()
        try await peer.stop()
    }

    @Test(
        "a file that cannot be a header's value is an outage that names it, and nothing is sent",
        arguments: ["", "\n", "a\u{1}b"])
    func badAuthorization(text: String) async throws {
        let file = folder.path + "/token"
        try Array(text.utf8).write(to: file)
        let (peer, address) = try await HTTPPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        let http = HTTPConfiguration(authorization: .init(file: file))
        delivery.append(1...1)
        let output = delivery.output(Self.output(to: address, http: http), drainTimeout: .zero)
        try await running(delivery.spool, output) {
            try await delivery.noted(
                "Output a cannot deliver to \(address): authorization \(file) cannot be sent as a header: ")
        }
        #expect(try await peer.requests(0).isEmpty)
        try await peer.stop()
    }
}
