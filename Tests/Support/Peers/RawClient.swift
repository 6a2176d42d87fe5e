// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

@testable import HSMWatchSimulation

/// A client over TCP or a Unix socket that sends what a test wants and keeps all that comes back.
package actor RawClient {
    /// How the peer ended the connection.
    package enum End: Hashable {
        case closed
        case reset
    }

    package struct Received: Hashable {
        package var bytes: [UInt8] = []
        /// `nil` while the connection is open.
        package var end: End?

        package init(bytes: [UInt8] = [], end: End? = nil) {
            self.bytes = bytes
            self.end = end
        }

        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let client: RawClient
        private var end = End.closed

        init(_ client: RawClient) {
            self.client = client
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            client.assumeIsolated { $0.received.bytes += bytes.readableBytesView }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            end = .reset
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            let end = end
            client.assumeIsolated { $0.received.end = end }
        }
    }

    private nonisolated let eventLoop: any EventLoop
    private let expectations: Expectations<Received>
    private var channel: (any Channel)?
    private var received = Received() {
        didSet { expectations.check(received) }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        expectations = Expectations(on: eventLoop)
    }

    /// Connects within the limit of every test; throws what the system says.
    package static func connected(to address: ListenAddress) async throws -> RawClient {
        let client = RawClient(on: MultiThreadedEventLoopGroup.singleton.next())
        try await client.connect { $0.connect(host: address.host, port: address.ports.lowerBound) }
        return client
    }

    /// Connects to a Unix socket.
    ///
    /// - Parameters:
    ///   - reads: whether what comes is taken; else it stays in the kernel, as far as that takes it.
    ///   - mayHalfClose: whether the connection stays open when the peer has ended its direction.
    package static func connected(
        toSocket path: String, reads: Bool = true, mayHalfClose: Bool = false
    ) async throws -> RawClient {
        let client = RawClient(on: MultiThreadedEventLoopGroup.singleton.next())
        try await client.connect(reads: reads) {
            $0.channelOption(.allowRemoteHalfClosure, value: mayHalfClose).connect(unixDomainSocketPath: path)
        }
        return client
    }

    private func connect(
        reads: Bool = true, _ start: @Sendable (ClientBootstrap) -> EventLoopFuture<any Channel>
    ) async throws {
        let client = self
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(limit))
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(client))
                }
            }
        channel = try await start(bootstrap).get()
    }

    package func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    package func send(_ bytes: [UInt8]) async throws {
        try await channel?.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Starts a write without waiting for the peer to take it.
    package func startSending(_ bytes: [UInt8]) {
        channel?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Takes what comes from here on.
    package func startReading() async throws {
        try await channel?.setOption(.autoRead, value: true).get()
    }

    package func close() async throws {
        try await channel?.close()
    }

    /// Ends the connection with a TCP reset.
    package func reset() {
        channel?.resetAndClose()
    }

    /// Tells the peer that nothing more comes, and goes on reading.
    package func halfClose() async throws {
        try await channel?.close(mode: .output)
    }

    /// What has come when `condition` is met.
    package func received(when condition: @escaping @Sendable (Received) -> Bool) async throws -> Received {
        if condition(received) { return received }
        do {
            return try await expectations.expect(within: limit, condition).futureResult.get()
        } catch {
            throw DeadlinePassed(limit: limit, situation: "\(received)")
        }
    }

    /// Sends a request and returns the bytes up to the `>` of the reply and its line end.
    package func reply(to request: String) async throws -> String {
        let before = received.bytes.count
        try await send(request)
        let after = try await received { $0.bytes.dropFirst(before).last == UInt8(ascii: "\n") }
        return String(decoding: after.bytes.dropFirst(before), as: UTF8.self)
    }
}

/// How long anything in these tests may take before it counts as not happening.
package let limit = Duration.seconds(30)

/// A free port of this machine.
package let anyPort = ListenAddress(host: "127.0.0.1", port: 0)
