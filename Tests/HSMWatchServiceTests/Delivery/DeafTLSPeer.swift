// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import HSMWatchService

/// A TLS listener that reads nothing after the handshake, says goodbye (close_notify) to its oldest client when that has
/// half-closed, and closes the socket with everything unread. Its kernel resets the connection then.
actor DeafTLSPeer {
    /// Turns the end of our direction, which TLS puts after its goodbye, into the close of the socket.
    private final class Cutter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            context.close(mode: .all, promise: promise)
        }
    }

    private final class Client: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            _ = context.channel.setOption(.autoRead, value: false)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// How often it looks whether a client has half-closed.
    private static let look = TimeAmount.milliseconds(2)

    private nonisolated let eventLoop: any EventLoop
    private var listener: (any Channel)?
    private var clients: [any Channel] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Listens on a free port of the loopback; answers where.
    static func start(_ identity: TestAuthority.Identity) async throws -> (peer: DeafTLSPeer, address: HostPort) {
        let peer = DeafTLSPeer(on: MultiThreadedEventLoopGroup.singleton.next())
        return (peer, try await peer.listen(identity))
    }

    /// Ends the oldest connection as described, once its client has half-closed it.
    func drop() async throws {
        let peer = self
        let eventLoop = eventLoop
        let halfClosed = eventLoop.makePromise(of: Void.self)
        let limit = eventLoop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) {
            halfClosed.fail(ChannelError.eof)
        }
        let looks = eventLoop.scheduleRepeatedTask(initialDelay: Self.look, delay: Self.look) { _ in
            let client = peer.assumeIsolated { $0.clients.first }
            client?.withSocket { if $0.hasPeerEndedFirst { halfClosed.succeed() } }
        }
        defer {
            limit.cancel()
            looks.cancel()
        }
        try await halfClosed.futureResult.get()
        try? await clients.first?.close(mode: .output)
    }

    func stop() async throws {
        clients.forEach { $0.close(mode: .output, promise: nil) }
        try await listener?.close()
    }

    private func listen(_ identity: TestAuthority.Identity) async throws -> HostPort {
        let peer = self
        let certificates = try NIOSSLCertificate.fromPEMFile(identity.certificate)
        let chain = certificates.map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: identity.key, format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
        let channel = try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(Cutter())
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.addHandler(Client())
                    peer.assumeIsolated { $0.clients.append(channel) }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener = channel
        return HostPort(host: "127.0.0.1", port: UInt16(channel.localAddress?.port ?? 0))
    }
}
