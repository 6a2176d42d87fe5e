// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One sender's connection to a receiver: tells it what comes, and never writes.
final class GELFConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receiver: GELFReceiver

    init(_ receiver: GELFReceiver) {
        self.receiver = receiver
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        receiver.assumeIsolated { $0.connected(channel) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        let bytes = unwrapInboundIn(data)
        receiver.assumeIsolated { $0.received(bytes, from: channel) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        let channel = context.channel
        receiver.assumeIsolated { $0.inputEnded(channel) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let channel = context.channel
        receiver.assumeIsolated { $0.disconnected(channel) }
    }

    /// A peer's reset is an ordinary end; what it sent before is still decoded.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
