// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import TestSupport

@testable import HSMWatchSimulation

/// A client that sends datagrams to one address, and notices when the kernel there refuses them.
actor DatagramClient {
    private final class Watcher: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let client: DatagramClient

        init(_ client: DatagramClient) {
            self.client = client
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            let code = (error as? IOError)?.errnoCode ?? 0
            client.assumeIsolated { $0.refusals.append(code) }
        }
    }

    private nonisolated let eventLoop: any EventLoop
    private let expectations: Expectations<[CInt]>
    private var channel: (any Channel)?
    /// The error numbers that came back.
    private var refusals: [CInt] = [] {
        didSet { expectations.check(refusals) }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    private init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        expectations = Expectations(on: eventLoop)
    }

    static func connected(to address: ListenAddress) async throws -> DatagramClient {
        let client = DatagramClient(on: MultiThreadedEventLoopGroup.singleton.next())
        try await client.connect(address)
        return client
    }

    private func connect(_ address: ListenAddress) async throws {
        let client = self
        channel = try await DatagramBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Watcher(client))
                }
            }
            .connect(host: address.host, port: address.ports.lowerBound).get()
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel?.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// The next error number that comes back.
    func refusal() async throws -> CInt? {
        if refusals.isEmpty {
            _ = try await expectations.expect(within: limit) { !$0.isEmpty }.futureResult.get()
        }
        return refusals.removeFirst()
    }

    func close() async throws {
        try await channel?.close()
    }
}
