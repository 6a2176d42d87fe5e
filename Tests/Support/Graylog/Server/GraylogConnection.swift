// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import NIOHTTP1

/// One client's connection to a Graylog's REST interface: makes requests of what comes.
final class GraylogConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let server: GraylogServer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(to server: GraylogServer) {
        self.server = server
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        server.assumeIsolated { $0.connected(channel) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes):
            body += bytes.readableBytesView
            if body.count > GraylogServer.maximumBodyLength { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            let headers = Dictionary(head.headers.map { ($0.name, $0.value) }) { _, last in last }
            let request = GraylogRequest(head.method.rawValue, head.uri, headers: headers, body: body)
            let channel = context.channel
            server.assumeIsolated { $0.received(request, keepsAlive: head.isKeepAlive, from: channel) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let channel = context.channel
        server.assumeIsolated { $0.disconnected(channel) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
