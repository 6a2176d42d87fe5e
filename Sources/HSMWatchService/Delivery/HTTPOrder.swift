// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore
import NIOHTTP1

/// Keeps the order of one HTTP connection as `RequestTurn` has it, between HTTP's codec and the client.
///
/// It writes a request in one piece, and only when the kernel holds nothing from the peer that was not read yet: that
/// cannot be the answer. What is unread may belong to TLS alone, such as a session ticket, so it is read first.
final class HTTPOrder: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Sees the bytes before HTTP's codec does, which keeps an answer that is not whole.
    private final class Arrivals: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let order: HTTPOrder

        init(_ order: HTTPOrder) {
            self.order = order
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data).readableBytesView.prefix(HTTPOrder.excerptLimit)
            guard !bytes.isEmpty, order.allows(.received(Array(bytes)), context) else { return }
            context.fireChannelRead(data)
        }
    }

    /// Bytes that are looked at of what came.
    private static let excerptLimit = 2 * RequestTurn.excerptLimit

    private let told: (RequestTurn.Fault) -> Void
    private var turn = RequestTurn()
    /// The parts of a request that was not written yet.
    private var parts: [(part: HTTPClientRequestPart, promise: EventLoopPromise<Void>?)] = []
    private var isWhole = false

    private init(told: @escaping (RequestTurn.Fault) -> Void) {
        self.told = told
    }

    /// Takes its place on a new connection of an HTTP client.
    static func keep(on channel: any Channel, told: @escaping (RequestTurn.Fault) -> Void) throws {
        let pipeline = channel.pipeline.syncOperations
        let codec = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        let order = HTTPOrder(told: told)
        try pipeline.addHandler(Arrivals(order), position: .before(codec))
        try pipeline.addHandler(order, position: .after(codec))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        abandonRequest()
    }

    // MARK: The request

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        parts.append((part, promise))
        guard case .end = part else { return }
        isWhole = true
        writeRequest(context)
    }

    func flush(context: ChannelHandlerContext) {
        if parts.isEmpty { context.flush() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        writeRequest(context)
        context.fireChannelReadComplete()
    }

    private func writeRequest(_ context: ChannelHandlerContext) {
        guard isWhole, (context.channel.unreadBytes ?? 0) == 0 else { return }
        guard allows(.asked, context), !turn.isOver else { return abandonRequest() }
        let request = parts
        (parts, isWhole) = ([], false)
        for (part, promise) in request { context.write(wrapOutboundOut(part), promise: promise) }
        context.flush()
    }

    private func abandonRequest() {
        let request = parts
        (parts, isWhole) = ([], false)
        for (_, promise) in request { promise?.fail(ChannelError.ioOnClosedChannel) }
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !turn.isOver else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let event = RequestTurn.Event.head(
                status: head.status.code, unacknowledged: context.channel.unacknowledgedBytes)
            guard allows(event, context) else { return }
        case .body:
            break
        case .end:
            guard allows(.ended, context) else { return }
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError || error is NIOHTTPDecoderError else { return context.fireErrorCaught(error) }
        if allows(.unreadable, context) { context.fireErrorCaught(error) }
    }

    /// Whether an event is in order. One that is not ends the connection.
    private func allows(_ event: RequestTurn.Event, _ context: ChannelHandlerContext) -> Bool {
        guard let fault = turn.handle(event) else { return true }
        if case .goodbye = fault {
            context.fireErrorCaught(HTTPClientError.remoteConnectionClosed)
        } else {
            told(fault)
            context.fireErrorCaught(fault)
        }
        context.close(promise: nil)
        return false
    }
}
