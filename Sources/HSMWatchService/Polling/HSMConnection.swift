// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// The one TCP connection to an HSM, open or opening: reports what happens on it, and writes requests.
///
/// It never half-closes: how an HSM takes that is not known. A kept one has a duplicate in the connection store, so it
/// is ended on the socket, and not only by closing the descriptor.
final class HSMConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Why a connection ended that hsmwatch did not close.
    private static let closed = "closed the connection"

    /// How long the channel lets the kernel try to connect: longer than any probe. The channel's timer fires before the
    /// network is looked at.
    private static let connectTimeout = ConfigurationLimits.timeout.upperBound * 2

    /// Bytes of one read; a reply has about 20. The buffer stays with the connection.
    private static let readSize = 256

    private let name: HostPort
    private let report: (ProbeConversation.Event) -> Void
    private let place: ConnectionStore.Place?
    private var channel: (any Channel)?
    private var isKept = false
    private var isOpen = false
    private var isAbandoned = false
    private var hasSent = false
    private var ending = closed

    /// - Parameters:
    ///   - name: the HSM as the configuration has it.
    ///   - place: where the connection may be kept for the next process; nil when it may not.
    ///   - report: called on the event loop, until `close`.
    init(
        name: HostPort, place: ConnectionStore.Place?, report: @escaping (ProbeConversation.Event) -> Void
    ) {
        self.name = name
        self.place = place
        self.report = report
    }

    /// How long ago the last bytes came, by the kernel's count.
    var dataAge: Duration {
        channel?.withDescriptor { TCPSocket($0)?.sinceLastData ?? .zero } ?? .zero
    }

    /// Acknowledges what was read, so that the HSM's kernel sends at once what follows.
    func acknowledge() {
        channel?.withSocket { $0.acknowledge() }
    }

    /// Starts to connect. The report is `connected` or `notConnected`. It is `ended` when the HSM accepted the
    /// connection and reset it before the loop looked at it.
    ///
    /// - Parameter reserved: the first descriptor that is left to others; a connection that gets it, or one above, is
    ///   not made.
    func open(_ address: SocketAddress, on loop: any EventLoop, below reserved: CInt = .max) {
        bootstrap(on: loop) { channel in
            if let descriptor = channel.withDescriptor(\.self), descriptor >= reserved {
                throw IOError(errnoCode: EMFILE, reason: "reserved")
            }
            self.channel = channel
        }
        .connect(to: address)
        .assumeIsolated()
        .whenComplete { result in
            switch result {
            case .success(let channel):
                self.connected(channel)
            case .failure(let error) where ConnectFailure.isReset(error):
                self.tell(.ended(detail: ConnectFailure.reset))
            case .failure(let error):
                self.tell(.notConnected(ConnectFailure.describe(error, address: address, name: self.name)))
            }
        }
    }

    /// Goes on with a connection that another process has used, and which is kept.
    func takeUp(_ descriptor: CInt, on loop: any EventLoop) {
        isOpen = true
        isKept = true
        bootstrap(on: loop) { channel in
            self.channel = channel
            self.place?.keep(channel, true)
        }
        .withConnectedSocket(descriptor)
        .assumeIsolated()
        .whenFailure { self.tell(.ended(detail: ConnectFailure.ending($0))) }
    }

    /// Keeps the connection for the next process; once is enough.
    func keep() {
        guard !isKept, let place, let channel else { return }
        isKept = true
        place.keep(channel, false)
    }

    func send(_ request: Request) {
        guard let channel else { return }
        channel.writeAndFlush(
            channel.allocator.buffer(bytes: request.bytes), promise: hasSent ? nil : firstWrite(channel))
        hasSent = true
    }

    /// Closes the connection with a reset: the HSM's kernel frees the socket even if the HSM hangs.
    func reset() {
        channel?.withSocket { $0.reset() }
        close()
    }

    /// Closes the connection, or gives up opening it. Nothing is reported from here on.
    func close() {
        isAbandoned = true
        end()
        if isKept { place?.forget() }
        isKept = false
    }

    /// Closes only this process's end of it: what is kept stands until the next process takes it up, or the service
    /// manager closes it because there is none. Nothing is reported from here on.
    func leave() {
        isAbandoned = true
        channel?.close(mode: .all, promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        tell(.received(Array(unwrapInboundIn(data).readableBytesView)))
    }

    /// The HSM has closed its end. Ours follows at once, and on the socket: the channel would only close its
    /// descriptor.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { end() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ending = ConnectFailure.isReset(error) ? ConnectFailure.reset : ConnectFailure.ending(error)
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard isOpen else { return }
        tell(.ended(detail: ending))
    }

    private func bootstrap(on loop: any EventLoop, opening: @escaping (any Channel) throws -> Void) -> ClientBootstrap {
        ClientBootstrap.tcp(on: loop, within: Self.connectTimeout, handler: self, opening: opening)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readSize))
    }

    /// Notices that the HSM has reset a new connection before the first request: no other event says so.
    private func firstWrite(_ channel: any Channel) -> EventLoopPromise<Void> {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { error in
            if ConnectFailure.isReset(error) { self.ending = ConnectFailure.reset }
        }
        return promise
    }

    private func end() {
        if isKept { channel?.withSocket { $0.shutDown() } }
        channel?.close(mode: .all, promise: nil)
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
