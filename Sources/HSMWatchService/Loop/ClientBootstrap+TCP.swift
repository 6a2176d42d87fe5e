// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix

extension ClientBootstrap {
    /// A TCP client with keepalive and without Nagle's delay.
    ///
    /// - Parameters:
    ///   - loop: the loop that this runs on.
    ///   - limit: how long one address may take to connect.
    ///   - handler: gets the channel's events.
    ///   - opening: is given the channel before it connects and before it has the handler, so that it can be given up,
    ///     and other handlers can stand nearer to the network.
    static func tcp(
        on loop: any EventLoop, within limit: Duration, handler: some ChannelInboundHandler,
        opening: @escaping (any Channel) throws -> Void
    ) -> ClientBootstrap {
        let box = NIOLoopBound((handler: handler, opening: opening), eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(limit.wholeNanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try box.value.opening(channel)
                    try channel.pipeline.syncOperations.addHandler(box.value.handler)
                }
            }
    }
}
