// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One sender's TCP connection to a receiver: cuts what comes into frames, and never writes.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receiver: Receiver
    private let input: Int
    private var decoder: FrameDecoder

    init(to receiver: Receiver, input: Int, _ decoder: FrameDecoder) {
        self.receiver = receiver
        self.input = input
        self.decoder = decoder
    }

    func channelActive(context: ChannelHandlerContext) {
        let (channel, input) = (context.channel, input)
        receiver.assumeIsolated { $0.connected(channel, input) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        tell(context.channel, decoder.handle(bytes), byteCount: bytes.count)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        tell(context.channel, decoder.end())
    }

    func channelInactive(context: ChannelHandlerContext) {
        let channel = context.channel
        tell(channel, decoder.end())
        receiver.assumeIsolated { $0.disconnected(channel) }
    }

    /// A peer's reset is an ordinary end; what it sent before is still decoded.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func tell(_ channel: any Channel, _ actions: [InputAction], byteCount: Int = 0) {
        receiver.assumeIsolated { $0.received(actions, byteCount: byteCount, from: channel) }
    }
}
