// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// A bare UDP socket on the loopback that keeps the datagrams it gets.
actor DatagramPeer {
    private final class Inbox: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let peer: DatagramPeer

        init(_ peer: DatagramPeer) {
            self.peer = peer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            let sender = UInt16(envelope.remoteAddress.port ?? 0)
            let bytes = Array(envelope.data.readableBytesView)
            peer.assumeIsolated {
                $0.sender = sender
                $0.datagrams.append(bytes)
            }
        }
    }

    private nonisolated let eventLoop: any EventLoop
    private var channel: (any Channel)?
    /// The port of whoever sent the last datagram.
    private(set) var sender: UInt16 = 0
    /// Who waits for so many datagrams.
    private var waiting: (count: Int, promise: EventLoopPromise<[[UInt8]]>)?
    private var datagrams: [[UInt8]] = [] {
        didSet {
            if let waiting, datagrams.count >= waiting.count { waiting.promise.succeed(datagrams) }
        }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init() {
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    }

    /// Binds a port of the loopback, a free one when it is nil; answers where.
    static func start(on port: UInt16? = nil) async throws -> (peer: DatagramPeer, address: HostPort) {
        let peer = DatagramPeer()
        return (peer, try await peer.bind(port ?? 0))
    }

    private func bind(_ port: UInt16) async throws -> HostPort {
        let peer = self
        let channel = try await DatagramBootstrap(group: eventLoop)
            // Holds 500 small datagrams, however late they are read.
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            // NIO's own is of 2048 bytes, and cuts what is longer.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Inbox(peer)) }
            }
            .bind(host: "127.0.0.1", port: Int(port)).get()
        self.channel = channel
        return HostPort(host: "127.0.0.1", port: UInt16(channel.localAddress?.port ?? 0))
    }

    func stop() async throws {
        try await channel?.close()
    }

    /// All datagrams, when there are so many; one at a time may wait for it.
    func datagrams(_ count: Int) async throws -> [[UInt8]] {
        if datagrams.count >= count { return datagrams }
        let promise = eventLoop.makePromise(of: [[UInt8]].self)
        waiting = (count, promise)
        let deadline = eventLoop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) {
            promise.fail(ChannelError.eof)
        }
        defer { deadline.cancel() }
        return try await promise.futureResult.get()
    }
}
