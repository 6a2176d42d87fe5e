// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOSSL
import NIOTLS

/// A tunnel through an HTTP proxy: CONNECT first, and then TLS to the other end, if it is spoken.
///
/// The HTTP client can make tunnels itself. But its CONNECT has a Host header without the port, which RFC 9112 section
/// 3.2 forbids and strict proxies refuse, and it hides the proxy's status.
struct HTTPTunnel: Sendable {
    /// Where the tunnel leads.
    let authority: HostPort
    /// How TLS is spoken to the other end; nil for plain HTTP.
    let tls: TLS?

    struct TLS: Sendable {
        let context: NIOSSLContext
        /// Asked for by SNI.
        let name: String?
    }

    /// How long the proxy may take to answer, and again the other end for its handshake.
    private static let limit = TCPConnection.connectTimeout

    /// Opens it on a new connection to the proxy, before anything else is written or read there.
    func open(on channel: any Channel) -> EventLoopFuture<Void> {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        do {
            try channel.pipeline.syncOperations.addHandler(
                ConnectHandler(to: authority, within: Self.limit, promise), position: .first)
        } catch {
            // The proxy has closed the connection since it was made.
            promise.fail(ProxyRefusal.closed)
        }
        guard let tls else { return promise.futureResult }
        return promise.futureResult.flatMap {
            let secured = channel.eventLoop.makePromise(of: Void.self)
            do {
                let pipeline = channel.pipeline.syncOperations
                // What came with the proxy's answer passes through here before anything else does.
                let connect = try pipeline.handler(type: ConnectHandler.self)
                let handshake = HandshakeHandler(within: Self.limit, secured)
                try pipeline.addHandler(handshake, position: .after(connect))
                try pipeline.addHandler(
                    NIOSSLClientHandler(context: tls.context, serverHostname: tls.name), position: .after(connect))
            } catch {
                secured.fail(error)
            }
            return secured.futureResult
        }
    }
}

/// Asks the proxy, and goes away when the tunnel is open.
private final class ConnectHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let authority: HostPort
    private let limit: Duration
    private let promise: EventLoopPromise<Void>
    private var answer = ProxyAnswer()
    private var timer: DelayedWork?
    private var isOver = false

    init(to authority: HostPort, within limit: Duration, _ promise: EventLoopPromise<Void>) {
        self.authority = authority
        self.limit = limit
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = DelayedWork(on: context.eventLoop, after: limit) { self.fail(ProxyRefusal.silent(self.limit)) }
        let request =
            "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\nUser-Agent: hsmwatch/\(Version.number)\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(ProxyRefusal.closed)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return context.fireChannelRead(data) }
        switch answer.handle(unwrapInboundIn(data).readableBytesView) {
        case nil:
            break
        case .refused(let refusal)?:
            fail(refusal)
        case .open(let rest)?:
            isOver = true
            timer?.cancel()
            promise.succeed(())
            if !rest.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: rest))) }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ProxyRefusal.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isOver else { return context.fireErrorCaught(error) }
        fail(ConnectFailure.isReset(error) ? ProxyRefusal.closed : error)
    }

    private func fail(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        promise.fail(error)
    }
}

/// Waits for the end of TLS's handshake, and keeps its errors from the HTTP client, which has no request yet.
private final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let limit: Duration
    private let promise: EventLoopPromise<Void>
    private var timer: DelayedWork?
    private var isOver = false

    init(within limit: Duration, _ promise: EventLoopPromise<Void>) {
        self.limit = limit
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = DelayedWork(on: context.eventLoop, after: limit) {
            self.end(.failure(InvalidText(TLSFailure.silence(DurationText.format(self.limit)))))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.failure(ChannelError.ioOnClosedChannel))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            end(.success(()))
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(ChannelError.ioOnClosedChannel))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isOver else { return context.fireErrorCaught(error) }
        end(.failure(error))
    }

    private func end(_ result: Result<Void, any Error>) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        promise.completeWith(result)
    }
}
