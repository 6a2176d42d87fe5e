// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// One client's connection to a receiver: reads its requests; the receiver answers them in its own time.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let receiver: Receiver
    private let input: Int
    private var conversation: HTTPConversation

    init(to receiver: Receiver, input: Int, _ rules: HTTPRules) {
        self.receiver = receiver
        self.input = input
        conversation = HTTPConversation(rules)
    }

    func channelActive(context: ChannelHandlerContext) {
        let (channel, input) = (context.channel, input)
        receiver.assumeIsolated { $0.connected(channel, input) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): tell(context.channel, .head(head))
        case .body(let bytes):
            tell(context.channel, .body(Array(bytes.readableBytesView)), byteCount: bytes.readableBytes)
        case .end: tell(context.channel, .end)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        tell(context.channel, .closed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let channel = context.channel
        tell(channel, .closed)
        receiver.assumeIsolated { $0.disconnected(channel) }
    }

    /// An end within a request is told by itself; any other text that is no HTTP gets an answer.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState: tell(context.channel, .closed)
        case is HTTPParserError: tell(context.channel, .malformed)
        default: context.close(promise: nil)
        }
    }

    private func tell(_ channel: any Channel, _ event: HTTPConversation.Event, byteCount: Int = 0) {
        let actions = conversation.handle(event)
        receiver.assumeIsolated { $0.received(actions, byteCount: byteCount, from: channel) }
    }
}
