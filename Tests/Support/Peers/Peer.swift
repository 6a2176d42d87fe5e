// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import Testing

/// A bare TCP listener that does to its clients what a test wants.
package actor Peer {
    package enum Habit: Equatable {
        /// Closes each connection as soon as it is accepted.
        case closes
        /// Never reads; the kernel takes little.
        case ignores
        /// Reads, and keeps what it has read.
        case reads
        /// Says something to each client as soon as it is accepted.
        case greets(String)
        /// Sends back what it reads.
        case echoes
        /// Says something to each client when it has read something, once.
        case answers([UInt8])
    }

    package struct Facts: Hashable, Sendable {
        package var accepted = 0
        package var open = 0
        /// What came, as it came.
        package var chunks: [[UInt8]] = []

        package var bytes: [UInt8] { Array(chunks.joined()) }
    }

    private final class Client: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let peer: Peer
        private var hasAnswered = false

        init(_ peer: Peer) {
            self.peer = peer
        }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            peer.assumeIsolated { $0.accepted(channel) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            let bytes = Array(buffer.readableBytesView)
            let habit = peer.assumeIsolated { peer in
                peer.facts.chunks.append(bytes)
                return peer.habit
            }
            switch habit {
            case .echoes:
                context.writeAndFlush(NIOAny(buffer), promise: nil)
            case .answers(let answer) where !hasAnswered:
                hasAnswered = true
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
            case .answers, .closes, .ignores, .reads, .greets:
                break
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            peer.assumeIsolated { $0.facts.open -= 1 }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// Bytes that the kernel takes for a client that is ignored.
    private static let smallBuffer: ChannelOptions.Types.SocketOption.Value = 4096

    private nonisolated let eventLoop: any EventLoop
    private let habit: Habit
    private var listener: (any Channel)?
    private var clients: [any Channel] = []
    /// Who waits for the facts to look as expected.
    private var waiting: (isMet: (Facts) -> Bool, promise: EventLoopPromise<Facts>)?
    private var facts = Facts() {
        didSet {
            if let waiting, waiting.isMet(facts) { waiting.promise.succeed(facts) }
        }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init(_ habit: Habit, on eventLoop: any EventLoop) {
        self.habit = habit
        self.eventLoop = eventLoop
    }

    /// Listens on a free port of the loopback; answers where.
    package static func start(_ habit: Habit) async throws -> (peer: Peer, address: HostPort) {
        let peer = Peer(habit, on: MultiThreadedEventLoopGroup.singleton.next())
        return (peer, try await peer.listen())
    }

    private func listen() async throws -> HostPort {
        let peer = self
        var bootstrap = ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Client(peer))
                }
            }
        if habit == .ignores {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.so_rcvbuf), value: Self.smallBuffer)
                .childChannelOption(.autoRead, value: false)
        }
        let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        listener = channel
        return HostPort(host: "127.0.0.1", port: UInt16(channel.localAddress?.port ?? 0))
    }

    /// Stops listening, and closes all connections.
    package func stop() async throws {
        clients.forEach { $0.close(promise: nil) }
        try await listener?.close()
    }

    /// What has happened when it is as expected; one at a time may wait for it.
    package func facts(when isMet: @escaping @Sendable (Facts) -> Bool) async throws -> Facts {
        if isMet(facts) { return facts }
        let promise = eventLoop.makePromise(of: Facts.self)
        waiting = (isMet, promise)
        let deadline = eventLoop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) {
            promise.fail(ChannelError.eof)
        }
        defer { deadline.cancel() }
        do {
            return try await promise.futureResult.get()
        } catch {
            Issue.record("after \(limit): \(facts.accepted) accepted, \(facts.bytes.count) bytes")
            throw error
        }
    }

    private func accepted(_ channel: any Channel) {
        facts.accepted += 1
        facts.open += 1
        clients.append(channel)
        switch habit {
        case .closes: channel.close(promise: nil)
        case .greets(let greeting): channel.writeAndFlush(ByteBuffer(string: greeting), promise: nil)
        case .ignores, .reads, .echoes, .answers: break
        }
    }
}
