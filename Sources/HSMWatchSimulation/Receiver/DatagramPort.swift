// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

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
