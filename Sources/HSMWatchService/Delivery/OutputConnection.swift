// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// One TCP connection to a Graylog input: writes frames, learns from the kernel what has arrived, notices the end.
///
/// Graylog never answers. So the connection is read only to notice its end, before anything more is written into it.
final class OutputConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How often the kernel is asked what has arrived, while something is on its way: it tells nobody of itself.
    static let acknowledgementInterval = Duration.milliseconds(250)
    /// How long one address may take to connect.
    static let connectTimeout = Duration.seconds(10)

    /// The request that tcp(7) calls SIOCOUTQ: <linux/sockios.h> defines it as this.
    private static let bytesInQueue = UInt(TIOCOUTQ)

    /// What the connection tells its owner, on the event loop.
    enum Report {
        /// Everything up to this position of the spool has arrived at the peer's kernel.
        case acknowledged(Int64)
        /// The connection is over, for a reason that follows the endpoint's name.
        case ended(String)
    }

    private let report: (Report) -> Void
    private var channel: (any Channel)?
    private let patience: Duration
    private var window: DeliveryWindow
    private var poll: RepeatedTask?
    private var ending = "the peer closed the connection"

    /// Why the connection is over; nil while it stands.
    private(set) var end: String?

    /// - Parameters:
    ///   - patience: how long bytes that have not arrived may stand still.
    ///   - report: called on the event loop.
    init(patience: Duration, report: @escaping (Report) -> Void) {
        self.patience = patience
        self.report = report
        window = DeliveryWindow(at: .now, patience: patience)
    }

    /// Connects to one address. Throws what the kernel says, and when it is closed meanwhile.
    func open(_ address: SocketAddress, on loop: any EventLoop) async throws {
        let bootstrap = ClientBootstrap.tcp(on: loop, within: Self.connectTimeout, handler: self) { self.channel = $0 }
        _ = try await bootstrap.connect(to: address).get()
    }

    /// Writes a batch that ends at a position of the spool; returns when the kernel has taken it, or the connection
    /// is over. A peer that does not read keeps this waiting, and nothing else.
    func write(_ batch: ByteBuffer, upTo position: Int64) async {
        guard let channel, end == nil else { return }
        window.sent(bytes: batch.readableBytes, upTo: position, at: .now)
        startPolling(channel.eventLoop)
        // A failed write ends the connection, and that is reported.
        try? await channel.writeAndFlush(batch)
    }

    /// Closes the connection, or gives up making it; what waits for either ends.
    func close() {
        channel?.close(mode: .all, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        poll?.cancel()
        end = ending
        report(.ended(ending))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ending = "the peer \(ConnectFailure.ending(error))"
        context.close(promise: nil)
    }

    private func startPolling(_ loop: any EventLoop) {
        guard poll == nil else { return }
        let interval = TimeAmount.nanoseconds(Self.acknowledgementInterval.wholeNanoseconds)
        let box = NIOLoopBound(self, eventLoop: loop)
        poll = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in box.value.acknowledge() }
    }

    private func acknowledge() {
        guard let channel, end == nil, let held = heldBytes(of: channel) else { return }
        let now = Instant.now
        if let position = window.held(bytes: held, at: now) {
            report(.acknowledged(position))
        }
        if window.isEmpty {
            poll?.cancel()
            poll = nil
        } else if window.isStalled(at: now) {
            ending = "nothing moved for \(DurationText.format(patience))"
            channel.close(mode: .all, promise: nil)
        }
    }

    /// Bytes that have not arrived: those the kernel holds (`SIOCOUTQ`) and those it has not taken yet.
    private func heldBytes(of channel: any Channel) -> Int? {
        var inKernel: CInt = 0
        let status = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { ioctl($0, Self.bytesInQueue, &inKernel) }
        let inChannel = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard status == 0, let inChannel else { return nil }
        return Int(inKernel) + inChannel
    }
}
