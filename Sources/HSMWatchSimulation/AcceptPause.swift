// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Stops a listening channel for a while when this machine cannot accept a client, for want of descriptors or memory.
///
/// The client stays in the kernel's queue, so the socket stays readable: without a pause the loop would try again at once,
/// for ever, at the cost of a whole processor.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long nobody is accepted.
    static let length = TimeAmount.seconds(1)

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let channel = NIOLoopBound(context.channel, eventLoop: context.eventLoop)
        try? channel.value.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.length) {
            try? channel.value.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
