// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore

extension HTTPClient.Configuration {
    /// A client that verifies its peer and keeps the order of requests and answers, before it sends a request.
    ///
    /// - Parameters:
    ///   - tls: nil for plain HTTP.
    ///   - tunnel: what the connection becomes before it is secured; nil without a proxy.
    ///   - told: called on the event loop when a peer answers out of order.
    @ServiceLoop
    static func ordered(
        tls: (material: TLSFiles.Material, identity: PeerIdentity)?, tunnel: HTTPTunnel? = nil,
        told: @escaping (RequestTurn.Fault) -> Void
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        // A tunnel has its own limits, for the proxy and for TLS, and they tell more.
        let limit = TCPConnection.connectTimeout * (tunnel == nil ? 1 : 3)
        configuration.timeout.connect = .nanoseconds(limit.wholeNanoseconds)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tlsConfiguration = tls?.material.configuration
        let identity = tls?.identity
        let told = NIOLoopBound(told, eventLoop: ServiceLoop.shared.eventLoop)
        // The client hands over each connection here when its handshake is over, and waits before it writes.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            let opened = tunnel?.open(on: channel) ?? channel.eventLoop.makeSucceededVoidFuture()
            return opened.flatMapThrowing {
                if let identity { try PeerVerification.verify(channel, identity) }
                try HTTPOrder.keep(on: channel, told: told.value)
            }.flatMapErrorThrowing { error in
                // The client forgets a connection that is refused here, and leaves it open.
                channel.close(promise: nil)
                throw error
            }
        }
        return configuration
    }
}
