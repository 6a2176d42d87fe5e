// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A web server on the loopback that answers as a test says, and keeps what it was asked.
package actor HTTPPeer {
    package enum Answer: Sendable {
        case status(UInt)
        /// The status, and then the connection is closed without a word of that.
        case statusThenClose(UInt)
        /// Closes the connection without an answer.
        case close
        /// Never answers.
        case nothing
        /// The status, and a body that never ends.
        case unfinished(UInt)
        /// The status, twice in one write.
        case twice(UInt)
    }

    package struct Request: Sendable {
        package let head: HTTPRequestHead
        package let body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Counts what comes before HTTP reads it, so a request that was not whole counts too.
    private final class Counter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer

        private let peer: HTTPPeer

        init(_ peer: HTTPPeer) {
            self.peer = peer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let count = unwrapInboundIn(data).readableBytes
            peer.assumeIsolated { $0.receivedBytes += count }
            context.fireChannelRead(data)
        }
    }

    private final class Client: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let peer: HTTPPeer
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ peer: HTTPPeer) {
            self.peer = peer
        }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            peer.assumeIsolated { $0.clients.append(channel) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                (self.head, body) = (head, [])
            case .body(let bytes):
                body += Array(bytes.readableBytesView)
            case .end:
                guard let head else { return }
                let request = Request(head: head, body: body)
                answer(peer.assumeIsolated { $0.answer(to: request) }, to: head, context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func answer(_ answer: Answer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
            switch answer {
            case .status(let status), .statusThenClose(let status):
                let response = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: Int(status)),
                    headers: ["content-length": "0"])
                context.write(wrapOutboundOut(.head(response)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                if case .statusThenClose = answer { context.close(promise: nil) }
                if !head.isKeepAlive { context.close(promise: nil) }
            case .close:
                context.close(promise: nil)
            case .unfinished(let status):
                let response = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: Int(status)),
                    headers: ["content-length": "1000000"])
                context.write(wrapOutboundOut(.head(response)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "{")))), promise: nil)
            case .twice(let status):
                let response = "HTTP/1.1 \(status) -\r\ncontent-length: 0\r\n\r\n"
                // Past the encoder, which refuses a second answer to one request.
                let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
                encoder?.writeAndFlush(NIOAny(ByteBuffer(string: response + response)), promise: nil)
            case .nothing:
                break
            }
        }
    }

    private nonisolated let eventLoop: any EventLoop
    /// For the connections to come, of which the last one stays; empty is plain HTTP.
    private var contexts: [NIOSSLContext]
    private var listener: (any Channel)?
    /// Bytes of requests on all connections, without those of TLS.
    package private(set) var receivedBytes = 0
    /// Every connection that there was.
    package private(set) var clients: [any Channel] = []
    /// The answers to come, of which the last one stays.
    private var answers: [Answer]
    private var waiting: (count: Int, promise: EventLoopPromise<[Request]>)?
    private var requests: [Request] = [] {
        didSet {
            if let waiting, requests.count >= waiting.count { waiting.promise.succeed(requests) }
        }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init(_ answers: [Answer], _ contexts: [NIOSSLContext]) {
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.answers = answers
        self.contexts = contexts
    }

    /// Listens on a free port of the loopback, or the one given; answers where.
    ///
    /// - Parameter tls: one for each connection, of which the last one stays; none is plain HTTP.
    package static func start(
        on port: UInt16? = nil, answering answers: Answer..., tls: NIOSSLContext...
    ) async throws -> (peer: HTTPPeer, address: HostPort) {
        try await start(on: port, answering: answers, tls: tls)
    }

    /// The same, with answers and contexts in arrays.
    package static func start(
        on port: UInt16? = nil, answering answers: [Answer], tls: [NIOSSLContext]
    ) async throws -> (peer: HTTPPeer, address: HostPort) {
        let peer = HTTPPeer(answers.isEmpty ? [.status(202)] : answers, tls)
        return (peer, try await peer.listen(on: port ?? 0))
    }

    private func listen(on port: UInt16) async throws -> HostPort {
        let peer = self
        let channel = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = peer.assumeIsolated({ $0.nextContext() }) {
                        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try pipeline.addHandler(Counter(peer))
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Client(peer))
                }
            }
            .bind(host: "127.0.0.1", port: Int(port)).get()
        listener = channel
        return HostPort(host: "127.0.0.1", port: UInt16(channel.localAddress?.port ?? 0))
    }

    /// Stops listening, and closes all connections.
    package func stop() async throws {
        clients.forEach { $0.close(promise: nil) }
        try await listener?.close()
    }

    /// Says something unasked on the connection that came last, and returns when the kernel has it.
    package func say(_ text: String) async throws {
        guard let channel = clients.last else { return }
        let bytes = ByteBuffer(string: text)
        try await channel.eventLoop.flatSubmit {
            // Past the encoder, which knows answers alone.
            channel.pipeline.context(handlerType: HTTPResponseEncoder.self).flatMap { encoder in
                encoder.writeAndFlush(NIOAny(bytes))
            }
        }.get()
    }

    /// Closes the connections that there are.
    package func cut() {
        clients.forEach { $0.close(promise: nil) }
    }

    /// All requests, when there are so many; one at a time may wait for it.
    package func requests(_ count: Int) async throws -> [Request] {
        if requests.count >= count { return requests }
        let promise = eventLoop.makePromise(of: [Request].self)
        waiting = (count, promise)
        let deadline = eventLoop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) {
            promise.fail(ChannelError.eof)
        }
        defer { deadline.cancel() }
        return try await promise.futureResult.get()
    }

    private func nextContext() -> NIOSSLContext? {
        contexts.count > 1 ? contexts.removeFirst() : contexts.first
    }

    private func answer(to request: Request) -> Answer {
        requests.append(request)
        return answers.count > 1 ? answers.removeFirst() : answers[0]
    }
}
