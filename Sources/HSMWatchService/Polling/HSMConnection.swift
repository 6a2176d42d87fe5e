// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// The one TCP connection to an HSM, opened or being opened: tells what happens on it, and writes requests.
///
/// It never half-closes: how an HSM takes that is not known.
final class HSMConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// What ends a connection that nobody closed here.
    private static let closed = "closed the connection"

    /// Bytes of one read; a reply has about 20. The buffer stays with the connection.
    private static let readSize = 256

    private let name: HostPort
    private let report: (ProbeConversation.Event) -> Void
    private var channel: (any Channel)?
    private var isOpen = false
    private var isAbandoned = false
    private var ending = closed

    /// - Parameters:
    ///   - name: the HSM as the configuration has it.
    ///   - report: called on the event loop, until `close`.
    init(name: HostPort, report: @escaping (ProbeConversation.Event) -> Void) {
        self.name = name
        self.report = report
    }

    /// Starts to connect; the report is `connected` or `notConnected`.
    func open(_ address: SocketAddress, on loop: any EventLoop, within limit: Duration) {
        ClientBootstrap.tcp(on: loop, within: limit, handler: self) { self.channel = $0 }
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readSize))
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    self.connected(channel)
                case .failure(let error):
                    self.tell(.notConnected(ConnectFailure.describe(error, address: address, name: self.name)))
                }
            }
    }

    func send(_ request: Request) {
        guard let channel else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: request.bytes), promise: nil)
    }

    /// Closes the connection with a reset: the HSM's kernel frees the socket even if the HSM hangs.
    func reset() {
        if let options = channel as? any SocketOptionProvider {
            // On the loop it is done at once; what cannot be reset is closed.
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close()
    }

    /// Closes the connection, or gives up opening it. Nothing is reported from here on.
    func close() {
        isAbandoned = true
        channel?.close(mode: .all, promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        tell(.received(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ending = ConnectFailure.ending(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard isOpen else { return }
        tell(.ended(detail: ending))
    }

    private func connected(_ channel: any Channel) {
        guard !isAbandoned else {
            channel.close(mode: .all, promise: nil)
            return
        }
        isOpen = true
        tell(.connected)
    }

    private func tell(_ event: ProbeConversation.Event) {
        guard !isAbandoned else { return }
        report(event)
    }
}
