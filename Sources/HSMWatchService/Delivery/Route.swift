// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// The way of one output's messages: opens its transports, one after the other, and keeps what outlives each.
@ServiceLoop
final class Route {
    private let configuration: OutputConfiguration
    private let credentials: TLSCredentials?
    private let authorization: AuthorizationFile?
    private let format: MessageFormat
    private let patience: Duration
    /// Nil where there are no HSMs.
    private let hsms: HSMAddressBook?
    /// What the peers have taught.
    private var caution = Caution(alertUntil: .now + Caution.alertTime)
    /// Transports over UDP that were opened: the next one begins with the next address, since none is known to answer.
    private var datagramAttempts = 0

    /// - Parameters:
    ///   - patience: how long nothing may move.
    ///   - hsms: where no transport may lead.
    ///   - rejected: called with the reason when a file has changed and cannot be used; the old one stays in use.
    init(
        _ configuration: OutputConfiguration, patience: Duration, hsms: HSMAddressBook?,
        rejected: @escaping (String) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.hsms = hsms
        self.patience = patience
        credentials = configuration.tls.map { TLSCredentials($0, rejected: rejected) }
        authorization = configuration.http.authorization.map { AuthorizationFile($0.file, rejected: rejected) }
        format = MessageFormat(of: configuration)
    }

    var kind: OutputKind { configuration.kind }

    var confirmation: Confirmation { configuration.confirmation }

    /// Of our own certificate, as it was last read.
    var ownTerm: CertificateTerm? { credentials?.ownTerm }

    /// Whose addresses the transport to an endpoint connects to.
    func destination(of endpoint: HostPort) -> HostPort {
        configuration.kind == .gelfHTTP ? configuration.http.proxy ?? endpoint : endpoint
    }

    /// Why no transport to an endpoint may be opened; nil when one may.
    ///
    /// - Parameter addresses: of its destination.
    func refusal(of endpoint: HostPort, at addresses: [SocketAddress]) async -> Loss? {
        await hsms?.refusal(of: endpoint, at: addresses, isProxied: destination(of: endpoint) != endpoint)
    }

    /// Begins to open a transport.
    ///
    /// - Parameters:
    ///   - addresses: of its destination.
    ///   - report: called on the event loop, until the transport is closed.
    func open(
        to endpoint: HostPort, addresses: [SocketAddress], report: @escaping (TransportReport) -> Void
    ) -> any Transport {
        let refusal: (SocketAddress) -> Loss? = { [hsms] in hsms?.refusal(of: $0) }
        switch configuration.kind {
        case .gelfTCP, .syslogTCP:
            let delivery = Delivery(confirm: configuration.confirm, caution: caution, patience: patience, at: .now)
            let wire = TCPTransport.Wire(
                format: format, framing: configuration.kind == .gelfTCP ? .null : .octetCounting,
                credentials: credentials)
            return TCPTransport(
                delivery, to: endpoint, addresses: addresses, wire: wire, refusal: refusal,
                learned: { self.caution = $0 }, report: report)
        case .gelfUDP, .syslogUDP:
            let first = addresses.isEmpty ? 0 : datagramAttempts % addresses.count
            datagramAttempts += 1
            return UDPTransport(
                to: Array(addresses[first...] + addresses[..<first]),
                packing: DatagramPacking(
                    format: format, chunks: GELFChunks(datagramSize: configuration.datagramSize)),
                patience: patience, report: report)
        case .gelfHTTP:
            return HTTPTransport(
                to: endpoint, addresses: addresses, http: configuration.http, credentials: credentials,
                authorization: authorization, patience: patience, refusal: refusal, report: report)
        }
    }
}
