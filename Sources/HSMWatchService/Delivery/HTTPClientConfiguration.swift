// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore

extension HTTPClient.Configuration {
    /// A client that verifies its peer before it sends a request.
    ///
    /// - Parameter tls: nil for plain HTTP.
    @ServiceLoop
    static func verifying(
        tls: (material: TLSFiles.Material, identity: PeerIdentity)?
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .nanoseconds(TCPConnection.connectTimeout.wholeNanoseconds)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tlsConfiguration = tls?.material.configuration
        let identity = tls?.identity
        // The client hands over each connection here when its handshake is over, and waits before it writes.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                do {
                    if let identity { try PeerVerification.verify(channel, identity) }
                } catch {
                    // The client forgets a connection that is refused here, and leaves it open.
                    channel.close(promise: nil)
                    throw error
                }
            }
        }
        return configuration
    }
}
