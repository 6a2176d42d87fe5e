// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// One TCP connection to a Graylog input: writes frames, can be half-closed, and tells how it ends.
///
/// Graylog never answers. So the connection is read only to notice its end, before anything more is written into it.
final class OutputConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How long one address may take to connect.
    static let connectTimeout = Duration.seconds(10)

    /// The request that tcp(7) calls SIOCOUTQ: <linux/sockios.h> defines it as this.
    private static let bytesInQueue = UInt(TIOCOUTQ)

    /// What ends a connection without a word.
    private static let closed = "the peer closed the connection"

    /// What the connection tells its owner, on the event loop.
    enum Report {
        case opened
        /// It could not be opened, for a reason that follows the endpoint's name.
        case failed(String)
        case ended(Delivery.Ending)
    }

    private enum State {
        case opening
        case open
        /// Everything was written, and our own end of stream behind it.
        case halfClosed(isAcknowledged: Bool)
        case over
    }

    private let name: HostPort
    private let report: (Report) -> Void
    private var channel: (any Channel)?
    private var state = State.opening

    /// - Parameters:
    ///   - name: the endpoint as the configuration has it.
    ///   - report: called on the event loop, until `close`.
    init(name: HostPort, report: @escaping (Report) -> Void) {
        self.name = name
        self.report = report
    }

    /// Starts to connect to one address; the report is `opened` or `failed`.
    func open(_ address: SocketAddress, on loop: any EventLoop) {
        ClientBootstrap.tcp(on: loop, within: Self.connectTimeout, handler: self) { self.channel = $0 }
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success:
                    self.opened()
                case .failure(let error):
                    self.failed(ConnectFailure.describe(error, address: address, name: self.name).detail)
                }
            }
    }

    /// Writes a batch; what is answered succeeds when the kernel has taken it. A peer that does not read keeps it
    /// waiting.
    func write(_ batch: ByteBuffer) -> EventLoopFuture<Void>? {
        channel?.writeAndFlush(batch)
    }

    /// Ends our own direction, behind all that was written.
    func halfClose() {
        channel?.close(mode: .output).assumeIsolated().whenSuccess {
            if case .open = self.state { self.state = .halfClosed(isAcknowledged: false) }
        }
    }

    /// Closes the connection, or gives up making it. Nothing is reported from here on.
    func close() {
        state = .over
        channel?.close(mode: .all, promise: nil)
    }

    /// Bytes that have not reached the peer's kernel: those that ours holds (`SIOCOUTQ`) and those it has not taken yet.
    /// Our end of stream counts as one.
    var heldBytes: Int? {
        guard let channel else { return nil }
        var inKernel: CInt = 0
        let status = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { ioctl($0, Self.bytesInQueue, &inKernel) }
        let inChannel = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard status == 0, let inChannel else { return nil }
        return Int(inKernel) + inChannel
    }

    /// On a half-closed connection this is the peer's end, just before the channel closes. A peer that has read to our end
    /// of stream has acknowledged it.
    func channelReadComplete(context: ChannelHandlerContext) {
        if case .halfClosed = state { state = .halfClosed(isAcknowledged: heldBytes == 0) }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .halfClosed(isAcknowledged: true) = state {
            end(.clean)
        } else {
            end(.broken(Self.closed))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.broken("the peer \(ConnectFailure.ending(error))"))
        context.close(promise: nil)
    }

    private func opened() {
        guard case .opening = state else {
            channel?.close(mode: .all, promise: nil)
            return
        }
        state = .open
        report(.opened)
    }

    private func failed(_ reason: String) {
        guard case .opening = state else { return }
        state = .over
        report(.failed(reason))
    }

    private func end(_ ending: Delivery.Ending) {
        switch state {
        case .open, .halfClosed:
            state = .over
            report(.ended(ending))
        case .opening, .over:
            break
        }
    }
}
