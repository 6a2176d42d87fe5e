// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Graylog server", .timeLimit(.minutes(1)))
struct GraylogServerTests {
    /// A request on the wire.
    private func text(_ method: String, _ path: String, _ body: String = "") -> String {
        let headers = GraylogStateTests.headers.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
        return
            "\(method) \(path) HTTP/1.1\r\nHost: graylog\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("answers one request after the other on a connection, and remembers them")
    func answers() async throws {
        let server = try await GraylogServer.start(GraylogVersion(7, 0, 12))
        let client = try await RawClient.connected(to: server.address)
        try await client.send(
            text("GET", "/api/system") + text("POST", "/api/system/content_packs", SamplePack.text)
                + text("GET", "/api/streams/x"))
        let received = try await client.received { $0.text.contains("not found!") }.text
        #expect(received.contains(#""version":"7.0.12+1a2b3c4""#))
        #expect(received.contains("HTTP/1.1 201 Created"))
        let requests = try await server.requests(3, within: limit)
        #expect(
            requests.map { "\($0)" } == ["GET /api/system", "POST /api/system/content_packs", "GET /api/streams/x"])
        #expect(requests[1].json == (try SamplePack.pack))
        #expect(requests[0].headers["x-requested-by"] == "hsmwatch")
        #expect(await server.state.packs.count == 1)
        await server.change { $0.token = "other" }
        try await client.send(text("GET", "/api/system"))
        _ = try await client.received { $0.text.contains("401 Unauthorized") }
        await server.stop()
        #expect(try await client.received { $0.end != nil }.end == .closed)
    }

    @Test(
        "lets go wrong what it is told to, as often as it is told to",
        arguments: [
            (GraylogFault.Kind.instead(.badGateway), "HTTP/1.1 502 Bad Gateway", nil, 0),
            (.close, "", .closed, 0), (.reset, "", .reset, 0), (.loseAnswer, "", .closed, 1),
            (.cutAnswer, "HTTP/1.1 201 Created", .closed, 1),
            (.delay(.milliseconds(1)), "HTTP/1.1 201 Created", nil, 1),
        ] as [(GraylogFault.Kind, String, RawClient.End?, Int)])
    func faults(kind: GraylogFault.Kind, start: String, end: RawClient.End?, uploaded: Int) async throws {
        let server = try await GraylogServer.start(GraylogVersion(6, 0))
        await server.suffer(GraylogFault(kind, to: "POST /api/system/content_packs", times: 1))
        let client = try await RawClient.connected(to: server.address)
        try await client.send(text("POST", "/api/system/content_packs", SamplePack.text))
        let received = try await client.received { end == nil ? $0.text.contains("\r\n\r\n") : $0.end != nil }
        #expect(received.text.hasPrefix(start))
        #expect(received.end == end)
        #expect(await server.state.packs.count == uploaded)
        // The next one is answered.
        let next = try await RawClient.connected(to: server.address)
        try await next.send(text("POST", "/api/system/content_packs", SamplePack.text))
        let status = uploaded == 0 ? "201 Created" : "400 Bad Request"
        _ = try await next.received { $0.text.hasPrefix("HTTP/1.1 \(status)") }
        await server.stop()
    }

    @Test("may never answer")
    func silence() async throws {
        let server = try await GraylogServer.start(GraylogVersion(6, 0))
        await server.suffer(GraylogFault(.silence))
        let client = try await RawClient.connected(to: server.address)
        try await client.send(text("GET", "/api/system"))
        _ = try await server.requests(1, within: limit)
        #expect(try await client.received { _ in true }.bytes == [])
        await server.recover()
        let next = try await RawClient.connected(to: server.address)
        try await next.send(text("GET", "/api/system"))
        _ = try await next.received { $0.text.hasPrefix("HTTP/1.1 200 OK") }
        await server.stop()
    }

    /// Sends a request as soon as the connection stands, and promises the first bytes of the answer.
    private final class Asker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let request: String
        private let answer: EventLoopPromise<String>

        init(_ request: String, _ answer: EventLoopPromise<String>) {
            self.request = request
            self.answer = answer
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: request)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            answer.succeed(String(buffer: unwrapInboundIn(data)))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.fail(error)
        }
    }

    @Test("speaks TLS when it has a certificate")
    func tls() async throws {
        let folder = try TemporaryFolder()
        let authority = try TestAuthority(in: folder)
        let identity = try authority.issue("graylog")
        let server = try await GraylogServer.start(
            GraylogVersion(7, 1, 7), tls: try ReceiverTLS(certificate: identity.certificate, key: identity.key))
        #expect(server.url == "https://\(server.address)/api")
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority.certificate)
        let context = try NIOSSLContext(configuration: configuration)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = eventLoop.makePromise(of: String.self)
        let request = text("GET", "/api/system")
        let channel = try await ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try pipeline.addHandler(Asker(request, answer))
                }
            }
            .connect(host: server.address.host, port: server.address.ports.lowerBound).get()
        #expect(try await answer.futureResult.get().hasPrefix("HTTP/1.1 200 OK"))
        try await channel.close()
        await server.stop()
    }
}
