// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore
import NIOHTTP1

/// Opens an HTTP client as an output begins: with a connection that carries no request. So it is known whether the
/// server is there, and whose certificate it has, before a secret leaves this machine.
@ServiceLoop
package struct HTTPOpening {
    /// Why there is no client.
    package struct Failure: Error {
        package let reason: String
    }

    private let endpoint: HostPort
    private let credentials: TLSCredentials?

    /// - Parameters:
    ///   - tls: nil for plain HTTP.
    ///   - authoritiesSetting: what errors call the setting of trusted authorities.
    package init(to endpoint: HostPort, tls: TLSConfiguration?, authoritiesSetting: String) {
        self.endpoint = endpoint
        credentials = tls.map { TLSCredentials($0, authoritiesSetting: authoritiesSetting) }
    }

    /// A client that connects to the first address that answers. The caller shuts it down.
    package func client() async throws(Failure) -> HTTPClient {
        var reason = "no address"
        for address in try await addresses() {
            guard let failure = await open(address) else { return try await client(of: address) }
            reason = failure
        }
        throw Failure(reason: reason)
    }

    /// Why a request of such a client has failed.
    ///
    /// - Parameter limit: how long the answer was waited for.
    package static func reason(of error: any Error, limit: Duration) -> String {
        HTTPFailure.describe(error, limit: limit).reason
    }

    private func addresses() async throws(Failure) -> [SocketAddress] {
        let limit = TCPConnection.connectTimeout
        let resolution = await within(limit) { Resolver().resolve(host: endpoint.host, port: endpoint.port, then: $0) }
        switch resolution {
        case nil:
            throw Failure(reason: "cannot resolve \(endpoint.host): not within \(DurationText.format(limit))")
        case .addresses(let addresses): return addresses
        case .failed(let reason), .prevented(let reason, _): throw Failure(reason: reason)
        }
    }

    /// Why there is no connection to an address; nil when there was one.
    private func open(_ address: SocketAddress) async -> String? {
        var connection: TCPConnection?
        let failure: String? = await withCheckedContinuation { continuation in
            let opening = TCPConnection(name: endpoint, credentials: credentials) { report in
                switch report {
                case .opened: continuation.resume(returning: nil)
                case .failed(let loss): continuation.resume(returning: loss.reason)
                case .ended: break
                }
            }
            connection = opening
            opening.open(address)
        }
        connection?.close()
        return failure
    }

    private func client(of address: SocketAddress) async throws(Failure) -> HTTPClient {
        var tls: (TLSFiles.Material, PeerIdentity)?
        if let credentials {
            let limit = TCPConnection.connectTimeout
            switch await within(limit, { credentials.load(then: $0) }) {
            case nil: throw Failure(reason: "TLS: its files could not be read within \(DurationText.format(limit))")
            case .success(let material): tls = (material, credentials.identity(at: endpoint))
            case .failure(let problem): throw Failure(reason: "TLS: \(problem)")
            }
        }
        // An answer that was not asked for ends its connection; the next request has another.
        var configuration = HTTPClient.Configuration.ordered(tls: tls) { _ in }
        configuration.dnsOverride = [endpoint.host: address.ipAddress ?? endpoint.host]
        return HTTPClient(eventLoopGroup: ServiceLoop.shared.eventLoop, configuration: configuration)
    }

    /// What is answered; nil when that takes too long, or forever.
    private func within<Answer: Sendable>(
        _ limit: Duration, _ ask: (@escaping (Answer) -> Void) -> Void
    ) async -> Answer? {
        await withCheckedContinuation { continuation in
            var waiting: CheckedContinuation<Answer?, Never>? = continuation
            func resume(_ answer: Answer?) {
                waiting?.resume(returning: answer)
                waiting = nil
            }
            let timer = ServiceLoop.after(limit) { resume(nil) }
            ask {
                timer.cancel()
                resume($0)
            }
        }
    }
}

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

/// Why no answer came to a request.
enum HTTPFailure {
    static func describe(_ error: any Error, limit: Duration) -> Loss {
        if let reason = TLSFailure.describe(error) { return Loss(.failed, reason) }
        if let fault = error as? RequestTurn.Fault { return Loss(.failed, fault.description) }
        if let refusal = error as? ProxyRefusal { return refusal.loss }
        if let problem = error as? InvalidText { return Loss(.failed, problem.description) }
        if let error = error as? HTTPParserError {
            return Loss(.failed, "the peer's answer cannot be read as HTTP: \(words(error))")
        }
        if case ChannelError.ioOnClosedChannel = error {
            // It was closed while the HTTP client took it over.
            return Loss(.gone, "the connection ended without an answer")
        }
        guard let error = error as? HTTPClientError else { return ConnectFailure.loss(of: error) }
        return switch error {
        case .deadlineExceeded, .readTimeout: Loss(.failed, "no answer within \(DurationText.format(limit))")
        case .connectTimeout: Loss(.failed, "no connection in time")
        case .remoteConnectionClosed: Loss(.gone, "the peer closed the connection without an answer")
        default: Loss(.failed, "HTTP: \(error.shortDescription)")
        }
    }

    private static func words(_ error: HTTPParserError) -> String {
        switch error {
        case .headerOverflow: "its header is too long"
        case .invalidContentLength: "its Content-Length is not a number"
        case .unexpectedContentLength: "it has more than one length"
        case .invalidVersion: "its version of HTTP is not known"
        case .invalidStatus: "its status is not a number"
        case .invalidChunkSize: "the size of a chunk is not a number"
        case .invalidEOFState: "it ends too early"
        default: "\(error)"
        }
    }
}
