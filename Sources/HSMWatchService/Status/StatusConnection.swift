// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// One client of the status socket: gets its answer and is closed. What it sends is read and ignored.
///
/// Closing a Unix socket with unread bytes resets the client's end. So our direction ends first, and the socket is
/// closed when the client has ended its own, or after `farewell`.
final class StatusConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Bytes that are read of what a client sends. The rest stays in the kernel, and such a client may get a reset
    /// after its answer.
    static let questionLimit = 64 << 10
    /// How long a client may stay that has its answer.
    static let farewell = Duration.seconds(1)

    /// Reports to its owner, on the event loop.
    enum Report {
        case opened
        case closed
    }

    private let report: (Report, StatusConnection) -> Void
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    /// Bytes that the client has sent.
    private var heard = 0
    /// Whether the client has ended its direction.
    private var hasEnded = false

    init(report: @escaping (Report, StatusConnection) -> Void) {
        self.report = report
    }

    /// Gives it up when it has not taken its answer by then.
    func limit(to timeout: Duration) {
        timer?.cancel()
        timer = channel?.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout.wholeNanoseconds)) {
            self.close()
        }
    }

    /// Sends the answer, and ends the connection after it.
    func answer(_ bytes: ByteBuffer) {
        channel?.writeAndFlush(bytes).assumeIsolated().whenComplete { result in
            guard case .success = result, !self.hasEnded, self.heard <= Self.questionLimit else { return self.close() }
            self.channel?.close(mode: .output, promise: nil)
            self.limit(to: Self.farewell)
        }
    }

    func close() {
        channel?.close(promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        report(.opened, self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard += unwrapInboundIn(data).readableBytes
        if heard > Self.questionLimit { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { hasEnded = true }
        context.fireUserInboundEventTriggered(event)
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

    /// - Parameter prevented: called when a client could not be accepted, and why, if this machine is the reason.
    ///   Nothing is accepted then before the next read.
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

    /// The client stays in the kernel's queue, so the socket stays readable. The channel forgets that it wants to read
    /// only when `autoRead` changes from true to false; else the loop would try again at once, forever.
    private func pause(_ channel: any Channel) {
        try? channel.syncOptions?.setOption(.autoRead, value: true)
        try? channel.syncOptions?.setOption(.autoRead, value: false)
    }
}
