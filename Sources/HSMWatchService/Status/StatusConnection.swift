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
    private let prevented: (LocalCause?) -> Void
    private let closed: (_ reason: String) -> Void
    /// What was wrong last.
    private var error: (any Error)?
    /// Whether the attempt that ends now has failed.
    private var hasFailed = false

    /// - Parameter prevented: told when a client could not be accepted, and why, if this machine is the reason. Nothing is
    ///   accepted then before the next read.
    init(
        accepted: @escaping () -> Void, prevented: @escaping (LocalCause?) -> Void,
        closed: @escaping (_ reason: String) -> Void
    ) {
        self.accepted = accepted
        self.prevented = prevented
        self.closed = closed
    }

    func channelInactive(context: ChannelHandlerContext) {
        let reason = error.map { ($0 as? IOError).map { ConnectFailure.words($0.errnoCode) } ?? "\($0)" }
        closed("it was closed" + (reason.map { ": \($0)" } ?? ""))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        defer { hasFailed = false }
        if !hasFailed { accepted() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = error
        hasFailed = true
        pause(context.channel)
        prevented((error as? IOError).flatMap { LocalCause(errno: $0.errnoCode, isIPv6: false) })
    }

    /// The client stays in the kernel's queue, so the socket stays readable. The channel forgets that it wants to read only
    /// when `autoRead` changes from true to false; else the loop would try again at once, for ever.
    private func pause(_ channel: any Channel) {
        try? channel.syncOptions?.setOption(.autoRead, value: true)
        try? channel.syncOptions?.setOption(.autoRead, value: false)
    }
}
