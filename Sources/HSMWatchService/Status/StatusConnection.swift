// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// One client of the status socket: gets its answer and is closed. What it sends stays in the kernel, unread.
final class StatusConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// What its owner is told, on the event loop.
    enum Report {
        case opened
        case closed
    }

    private let report: (Report, StatusConnection) -> Void
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?

    init(report: @escaping (Report, StatusConnection) -> Void) {
        self.report = report
    }

    /// Gives it up when it has not taken its answer by then.
    func limit(to timeout: Duration) {
        timer = channel?.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout.wholeNanoseconds)) {
            self.close()
        }
    }

    /// Sends the answer, and closes behind it.
    func answer(_ bytes: ByteBuffer) {
        channel?.writeAndFlush(bytes).assumeIsolated().whenComplete { _ in self.close() }
    }

    func close() {
        channel?.close(promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        report(.opened, self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        channel = nil
        report(.closed, self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Tells when the listening channel has accepted a client, or tried to, and when it is closed.
final class StatusListener: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let accepted: () -> Void
    private let closed: (_ reason: String) -> Void
    /// What was wrong last.
    private var error: (any Error)?

    init(accepted: @escaping () -> Void, closed: @escaping (_ reason: String) -> Void) {
        self.accepted = accepted
        self.closed = closed
    }

    func channelInactive(context: ChannelHandlerContext) {
        let reason = error.map { ($0 as? IOError).map { ConnectFailure.words($0.errnoCode) } ?? "\($0)" }
        closed("it was closed" + (reason.map { ": \($0)" } ?? ""))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        accepted()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = error
        accepted()
    }
}
