// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix

/// An HTTP proxy on the loopback that makes tunnels, as CONNECT asks (RFC 9110 section 9.3.6).
///
/// It is strict: the Host header must be what CONNECT names (RFC 9112 section 3.2).
actor ConnectProxy {
    /// One side of a tunnel: what it reads, the other side writes.
    private final class Side: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var other: (any Channel)?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other?.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            other?.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// Reads the request, and becomes a side of the tunnel.
    private final class Greeter: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let proxy: ConnectProxy
        private var request = ""

        init(_ proxy: ConnectProxy) {
            self.proxy = proxy
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request += String(buffer: unwrapInboundIn(data))
            guard request.hasSuffix("\r\n\r\n") else { return }
            let head = request
            let (status, target) = proxy.assumeIsolated { proxy in
                let target = proxy.note(head)
                return (proxy.status == 200 && target == nil ? 400 : proxy.status, target)
            }
            guard status == 200, let target else {
                return context.writeAndFlush(wrapOutboundOut(Self.answer(status)), promise: nil)
            }
            open(target, for: context)
        }

        private static func answer(_ status: Int) -> ByteBuffer {
            ByteBuffer(string: "HTTP/1.1 \(status) -\r\n\r\n")
        }

        /// Connects to where the tunnel leads, and answers when both sides are joined.
        private func open(_ target: HostPort, for context: ChannelHandlerContext) {
            let (near, far) = (Side(), Side())
            far.other = context.channel
            let box = NIOLoopBound(
                (near: near, far: far, context: context, greeter: self), eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        box.value.near.other = channel
                        try channel.pipeline.syncOperations.addHandler(box.value.far)
                    }
                }
                .connect(host: target.host, port: Int(target.port))
                .whenComplete { result in
                    let (near, _, context, greeter) = box.value
                    guard case .success = result else { return context.close(promise: nil) }
                    try? context.pipeline.syncOperations.addHandler(near)
                    context.writeAndFlush(greeter.wrapOutboundOut(Self.answer(200)), promise: nil)
                    context.pipeline.syncOperations.removeHandler(greeter, promise: nil)
                }
        }
    }

    private nonisolated let eventLoop: any EventLoop
    private let status: Int
    private var listener: (any Channel)?
    /// The first line of each request.
    private(set) var requests: [String] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init(_ status: Int) {
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.status = status
    }

    /// Listens on a free port of the loopback and answers every request with the status; answers where.
    static func start(answering status: Int = 200) async throws -> (proxy: ConnectProxy, address: HostPort) {
        let proxy = ConnectProxy(status)
        return (proxy, try await proxy.listen())
    }

    func stop() async throws {
        try await listener?.close()
    }

    private func listen() async throws -> HostPort {
        let proxy = self
        let channel = try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeter(proxy))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener = channel
        return HostPort(host: "127.0.0.1", port: UInt16(channel.localAddress?.port ?? 0))
    }

    /// Takes note of a request. Answers where its tunnel leads.
    private func note(_ head: String) -> HostPort? {
        let lines = head.split(separator: "\r\n").map(String.init)
        let line = lines.first ?? ""
        requests.append(line)
        let words = line.split(separator: " ")
        guard words.first == "CONNECT", words.count == 3, lines.contains("Host: \(words[1])") else { return nil }
        return try? HostPort(parsing: String(words[1]))
    }
}
