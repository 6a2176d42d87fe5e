// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("An HTTP answer before its request", .timeLimit(.minutes(1)))
struct EarlyAnswerTests {
    /// Answers the first request when it is whole, and the second one at its first byte; then it reads no more.
    private final class HastyPeer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        /// Bytes that the kernel takes for it, far less than the second request has.
        static let buffer: ChannelOptions.Types.SocketOption.Value = 4096
        private static let firstBody = "{}"

        private let status: Int
        private var answers = 0
        private var text = ""

        init(status: Int) {
            self.status = status
        }

        static func start(status: Int) async throws -> any Channel {
            try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_rcvbuf), value: buffer)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(HastyPeer(status: status))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard answers > 0 || text.hasSuffix("\r\n\r\n" + Self.firstBody) else { return }
            guard answers < 2 else { return }
            if answers == 1 { _ = context.channel.setOption(.autoRead, value: false) }
            answers += 1
            let status = answers == 1 ? 202 : self.status
            let response = ByteBuffer(string: "HTTP/1.1 \(status) -\r\ncontent-length: 0\r\n\r\n")
            context.writeAndFlush(NIOAny(response), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// What becomes of a request of 2 MiB that is answered at its first byte.
    private func verdict(of status: Int) async throws -> PostVerdict {
        let peer = try await HastyPeer.start(status: status)
        let address = try #require(peer.localAddress)
        let requests = HTTPRequests(
            to: HostPort(host: "127.0.0.1", port: UInt16(address.port ?? 0)), HTTPConfiguration(), credentials: nil)
        requests.connect(by: address)
        #expect(await requests.post([Array("{}".utf8)], isBulk: false, within: limit) == .delivered)
        let long = [UInt8](repeating: UInt8(ascii: " "), count: 2 << 20)
        let verdict = await requests.post([long], isBulk: false, within: limit)
        await requests.shutDown()
        try await peer.close()
        return verdict
    }

    @Test("a 202 that comes while the request is still on its way confirms nothing")
    func success() async throws {
        let verdict = try await verdict(of: 202)
        #expect(verdict == .lost(Loss(.failed, "the peer answers before it has the whole request: HTTP 202")))
    }

    @Test("a refusal that comes while the request is still on its way counts", arguments: [413, 503])
    func refusal(status: Int) async throws {
        #expect(try await verdict(of: status) == PostVerdict(status: UInt(status)))
    }

    /// What becomes of the second of two requests, when the peer says something between them.
    private func verdict(
        after words: String, isSecure: Bool, answering answers: HTTPPeer.Answer...
    ) async throws -> PostVerdict {
        let folder = try TemporaryFolder()
        let authority = try TestAuthority(in: folder)
        let identity = try authority.issue("graylog")
        let context = try identity.serverContext()
        let (peer, address) = try await HTTPPeer.start(answering: answers, tls: isSecure ? [context] : [])
        let tls = HSMWatchCore.TLSConfiguration(ca: authority.certificate)
        let requests = HTTPRequests(
            to: address, HTTPConfiguration(), credentials: isSecure ? TLSCredentials(tls) : nil)
        requests.connect(by: try SocketAddress(ipAddress: "127.0.0.1", port: Int(address.port)))
        #expect(await requests.post([Array("{}".utf8)], isBulk: false, within: limit) == .delivered)
        hear(words, of: peer)
        let verdict = await requests.post([Array("{}".utf8)], isBulk: false, within: limit)
        await requests.shutDown()
        try await peer.stop()
        return verdict
    }

    /// Has the peer speak while our loop stands still: the kernel has the words, and the next request is made before
    /// anything reads them.
    private func hear(_ words: String, of peer: HTTPPeer) {
        let said = DispatchSemaphore(value: 0)
        Task.detached {
            defer { said.signal() }
            try await peer.say(words)
        }
        #expect(said.wait(timeout: .now() + .nanoseconds(Int(limit.wholeNanoseconds))) == .success)
    }

    @Test("an answer that comes between two requests does not confirm the second", arguments: [true, false])
    func surplus(isSecure: Bool) async throws {
        let words = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
        let whole = try await verdict(after: words, isSecure: isSecure, answering: .status(202), .nothing)
        #expect(whole == .lost(Loss(.failed, "the peer answers before it is asked: HTTP/1.1 202 Accepted")))
        let part = try await verdict(after: "HTTP/1.1 20", isSecure: isSecure, answering: .status(202), .nothing)
        #expect(part == .lost(Loss(.failed, "the peer answers before it is asked: HTTP/1.1 20")))
    }

    @Test("a peer that waits no longer is asked again on another connection", arguments: [true, false])
    func goodbye(isSecure: Bool) async throws {
        let words = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        let verdict = try await verdict(after: words, isSecure: isSecure, answering: .status(202))
        #expect(verdict == .delivered)
    }

    @Test("a peer that answers a request twice confirms no message that it has not read")
    func twice() async throws {
        let (peer, address) = try await HTTPPeer.start(answering: .twice(202), .nothing)
        let delivery = OutputStage(in: try TemporaryFolder(), outputs: "a")
        delivery.append(1...2)
        let configuration = OutputConfiguration(
            name: "a", kind: .gelfHTTP, endpoints: [address], http: HTTPConfiguration())
        try await running(delivery.spool, delivery.output(configuration, drainTimeout: .zero)) {
            try await delivery.noted(
                "Output a cannot deliver to \(address): the peer answers before it is asked: ")
        }
        #expect(delivery.spool.cursor(of: "a") < 2)
        try await peer.stop()
    }
}
