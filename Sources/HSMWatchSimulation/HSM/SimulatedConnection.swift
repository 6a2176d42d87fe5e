// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One client's connection to a simulated HSM: finds the requests, asks the HSM what to do about them, and does it.
final class SimulatedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The most bytes of slow replies that wait at a time; a client that asks on regardless is closed.
    static let slowLimit = 65_536

    private let hsm: HSMSimulator
    private var parser = HSMRequestParser()
    private var slowBytes: CircularBuffer<UInt8> = []

    init(_ hsm: HSMSimulator) {
        self.hsm = hsm
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        perform(hsm.assumeIsolated { $0.connected(channel) }, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let channel = context.channel
        slowBytes.removeAll()
        hsm.assumeIsolated { $0.disconnected(channel) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        let requests = parser.requests(in: bytes)
        let channel = context.channel
        for answer in hsm.assumeIsolated({ $0.received(bytes, requests, from: channel) }) {
            perform(answer, context)
        }
    }

    /// A peer's reset is an ordinary end; the channel closes by itself.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func perform(_ answer: HSMAnswer, _ context: ChannelHandlerContext) {
        switch answer {
        case .silence:
            break
        case .reply(let bytes):
            send(bytes, context)
        case .slowly(let bytes, let pause):
            sendSlowly(bytes, pause, context)
        case .lastWords(let bytes):
            send(bytes, context)
            context.close(promise: nil)
        case .close:
            context.close(promise: nil)
        case .reset:
            context.channel.resetAndClose()
        }
    }

    private func send(_ bytes: some Collection<UInt8>, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private func sendSlowly(_ bytes: [UInt8], _ pause: Duration, _ context: ChannelHandlerContext) {
        guard slowBytes.count + bytes.count <= Self.slowLimit else { return context.close(promise: nil) }
        let isSending = !slowBytes.isEmpty
        slowBytes.append(contentsOf: bytes)
        if !isSending { sendNextByte(after: pause, context) }
    }

    private func sendNextByte(after pause: Duration, _ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { [self] in
            guard let byte = slowBytes.popFirst() else { return }
            send(CollectionOfOne(byte), context)
            if !slowBytes.isEmpty { sendNextByte(after: pause, context) }
        }
    }
}
