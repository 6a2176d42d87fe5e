// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOHTTP1

/// One sender's TCP connection to a receiver: cuts what comes into frames, and never writes.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receiver: Receiver
    private let input: Int
    private var decoder: InputFrameDecoder

    init(to receiver: Receiver, input: Int, _ decoder: InputFrameDecoder) {
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

/// A receiver's UDP port: one datagram is one message, or a chunk of one.
final class DatagramPort: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    /// The most bytes of a datagram, as Graylog reads them.
    static let maximumLength = 65_535

    /// The kernel's buffer, in bytes: the default of Graylog's `recv_buffer_size`.
    static let bufferSize = 262_144

    private let receiver: Receiver
    private let input: Int
    /// `nil` when there are no chunks, as with syslog.
    private var chunks: GELFChunkAssembly?
    private var eviction: Scheduled<Void>?

    init(to receiver: Receiver, input: Int, _ chunks: GELFChunkAssembly?) {
        self.receiver = receiver
        self.input = input
        self.chunks = chunks
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let bytes = Array(envelope.data.readableBytesView)
        let sender = envelope.remoteAddress.ipAddress ?? ""
        let actions = chunks?.handle(.datagram(bytes), at: Instant(.now())) ?? [.frame(bytes)]
        tell(actions, byteCount: bytes.count, from: sender)
        scheduleEviction(context.eventLoop)
    }

    func channelInactive(context: ChannelHandlerContext) {
        eviction?.cancel()
    }

    private func scheduleEviction(_ eventLoop: any EventLoop) {
        guard eviction == nil, let deadline = chunks?.deadline else { return }
        let time = NIODeadline.uptimeNanoseconds(UInt64(deadline.nanoseconds))
        eviction = eventLoop.assumeIsolated().scheduleTask(deadline: time) { [self] in
            eviction = nil
            let actions = chunks?.handle(.timePassed, at: Instant(.now())) ?? []
            // Whose chunks they were is not known: the id alone says what belongs together.
            tell(actions, byteCount: 0, from: "")
            scheduleEviction(eventLoop)
        }
    }

    private func tell(_ actions: [InputAction], byteCount: Int, from sender: String) {
        let input = input
        receiver.assumeIsolated { $0.received(actions, byteCount: byteCount, from: sender, input) }
    }
}

extension Instant {
    /// A time of NIO's, which is a time of the same monotonic clock.
    init(_ time: NIODeadline) {
        self.init(nanoseconds: Int64(time.uptimeNanoseconds))
    }
}

/// What an input asks of its receiver, in the order in which it must happen.
enum InputAction: Equatable, Sendable {
    /// Take a whole message, still encoded.
    case frame([UInt8])
    /// Report what Graylog drops before it is decoded, and why; `frame` is what was sent of it.
    case lost(reason: String, frame: [UInt8])
    /// Answer a request.
    case answer(HTTPAnswer)
    /// Close the connection.
    case close

    /// Whether it hands over what was received, and answers nothing.
    var isReceipt: Bool {
        switch self {
        case .frame, .lost: true
        case .answer, .close: false
        }
    }
}

/// One connection, as its receiver sees it.
struct Sender {
    let channel: any Channel
    /// The number of the input it came to.
    let input: Int
    /// Its IP address.
    let address: String
    /// What is still to be done, because reading is paused or what came before waits to be taken.
    var pending: CircularBuffer<InputAction> = []
    /// Whether the connection is over.
    var isGone = false
    /// Whether whatever still comes of it is lost: Graylog has stopped.
    var isLost = false

    init(_ channel: any Channel, input: Int) {
        self.channel = channel
        self.input = input
        address = channel.remoteAddress?.ipAddress ?? ""
    }
}
