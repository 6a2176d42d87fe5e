// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("A hostile Graylog, over loopback", .timeLimit(.minutes(1)))
struct HostileGraylogTests {
    private nonisolated static let seeds: Range<UInt64> = 0..<8

    /// Answers every datagram with bytes of the next seed.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private var seed: UInt64 = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = ByteBuffer(bytes: HostilePeer.bytes(seed: seed))
            seed += 1
            let envelope = AddressedEnvelope(remoteAddress: unwrapInboundIn(data).remoteAddress, data: bytes)
            context.channel.writeAndFlush(envelope, promise: nil)
        }
    }

    @Test("over TCP whatever it says confirms nothing, and is shown without its effects", arguments: seeds.prefix(4))
    func tcp(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let bytes = seed == 0 ? Array(repeating: 0xFF, count: 4 << 20) : HostilePeer.bytes(seed: seed)
        let peer = try await HostilePeer.start(.answers, says: bytes)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...20)
        try await running(delivery.spool, delivery.output(to: peer.address, drainTimeout: .zero)) {
            try await delivery.noted("Output a cannot deliver to \(peer.address): the peer is not Graylog")
            #expect(delivery.spool.cursor(of: "a") == 0)
        }
        #expect(delivery.notes.areVisible, "\(delivery.notes)")
        try await peer.stop()
    }

    @Test("over HTTP what is no answer confirms nothing, and nothing of it gets into the log", arguments: seeds)
    func http(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        // A reason that forges a line, and whatever a seed says.
        let forged =
            "HTTP/1.1 500 \u{1B}[31m forged\u{2028}\u{9B}31m\rforged\u{202E}\r\nx: \u{1B}]0;forged\u{7}\r\n\r\nforged"
        let bytes = seed == 0 ? Array(forged.utf8) : HostilePeer.bytes(seed: seed)
        let peer = try await HostilePeer.start(.answersOnce, says: bytes)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let configuration = OutputConfiguration(name: "a", kind: .gelfHTTP, endpoints: [peer.address])
        try await running(delivery.spool, delivery.output(configuration, drainTimeout: .zero)) {
            try await delivery.noted("Output a cannot deliver to \(peer.address): ")
            #expect(delivery.spool.cursor(of: "a") == 0)
        }
        #expect(delivery.notes.areVisible, "\(delivery.notes)")
        #expect(!"\(delivery.notes)".contains("forged"), "\(delivery.notes)")
        try await peer.stop()
    }

    @Test("over HTTP a head that does not end is given up at its limit, and confirms nothing")
    func endlessHead() async throws {
        let folder = try TemporaryFolder()
        let peer = try await HostilePeer.start(
            .floods(UInt8(ascii: "x")), says: Array("HTTP/1.1 202 Accepted\r\nx: ".utf8))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let configuration = OutputConfiguration(name: "a", kind: .gelfHTTP, endpoints: [peer.address])
        try await running(delivery.spool, delivery.output(configuration, drainTimeout: .zero)) {
            try await delivery.noted("Output a cannot deliver to \(peer.address): ")
            let taken = try #require(await peer.flooded())
            #expect(taken < HostilePeer.floodLimit)
            #expect(delivery.spool.cursor(of: "a") == 0)
        }
        try await peer.stop()
    }

    @Test("over HTTP a body is never read: 202 confirms, however much would follow")
    func endlessBody() async throws {
        let folder = try TemporaryFolder()
        let head = "HTTP/1.1 202 Accepted\r\nContent-Length: 1000000000000\r\n\r\n"
        let peer = try await HostilePeer.start(.floods(UInt8(ascii: "x")), says: Array(head.utf8))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let configuration = OutputConfiguration(name: "a", kind: .gelfHTTP, endpoints: [peer.address])
        try await running(delivery.spool, delivery.output(configuration)) {
            try await delivery.delivered()
            let taken = try #require(await peer.flooded())
            #expect(taken < HostilePeer.floodLimit)
        }
        #expect(!delivery.notes.has("Output"), "\(delivery.notes)")
        try await peer.stop()
    }

    @Test("over UDP what it says is passed over, and everything is delivered")
    func udp() async throws {
        let folder = try TemporaryFolder()
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = HostPort(host: "127.0.0.1", port: UInt16(clamping: channel.localAddress?.port ?? 0))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...20)
        let configuration = OutputConfiguration(name: "a", kind: .gelfUDP, endpoints: [address])
        try await running(delivery.spool, delivery.output(configuration)) {
            try await delivery.delivered()
        }
        #expect(!delivery.notes.has("Output"), "\(delivery.notes)")
        try await channel.close()
    }
}
