// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore

/// Opens an HTTP client as an output begins: with a connection that carries no request. So it is known whether the server
/// is there, and whose certificate it has, before a secret leaves this machine.
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

    /// What is answered; nil when that takes too long, or for ever.
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
