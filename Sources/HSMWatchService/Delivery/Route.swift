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

/// Keeps outputs away from HSMs: knows where the HSMs are, by the configuration and by what their names resolve to.
@ServiceLoop
package final class HSMAddressBook {
    /// How long an output waits for the names of HSMs to be resolved.
    package nonisolated static let lookupTimeout = Duration.seconds(1)

    private var ports: CommandPorts
    private let resolve: Resolver.Resolve

    package init(_ hsms: [HSMConfiguration], resolve: @escaping Resolver.Resolve) {
        ports = CommandPorts(hsms)
        self.resolve = resolve
    }

    package convenience init(_ hsms: [HSMConfiguration], resolver: Resolver) {
        self.init(hsms) { resolver.resolve(host: $0, port: $1, then: $2) }
    }

    /// Applies a new list of HSMs.
    func change(to hsms: [HSMConfiguration]) {
        ports.change(to: hsms)
    }

    /// Resolves a name for an HSM's prober, and takes note of the answer.
    func resolveHSM(_ host: String, _ port: UInt16, then answer: @escaping (Resolver.Resolution) -> Void) {
        resolve(host, port) { resolution in
            self.note(host, resolution)
            answer(resolution)
        }
    }

    /// Why no connection to an address may be made; nil when it may.
    func refusal(of address: SocketAddress) -> Loss? {
        refusal(of: HostPort(address))
    }

    /// The same for an endpoint before anything is connected to. Names of HSMs whose addresses are not known are
    /// resolved first, as far as they have a port in common with it.
    ///
    /// - Parameters:
    ///   - addresses: what is to be connected to.
    ///   - isProxied: whether these are a proxy's, which connects to the endpoint.
    func refusal(of endpoint: HostPort, at addresses: [SocketAddress], isProxied: Bool) async -> Loss? {
        for port in Set(addresses.compactMap(\.port)) { await lookUpHSMs(withPort: UInt16(clamping: port)) }
        if let loss = refusal(of: endpoint) ?? addresses.lazy.compactMap({ self.refusal(of: $0) }).first { return loss }
        guard isProxied, ports.contains(port: endpoint.port) else { return nil }
        await lookUpHSMs(withPort: endpoint.port)
        let found = await lookUp([endpoint.host], port: endpoint.port)
        return found.lazy.compactMap { self.refusal(of: $0) }.first
    }

    private func refusal(of place: HostPort) -> Loss? {
        ports.owner(of: place).map { name in
            Loss(.declined, "\(place) is a command port of HSM \(name), to which no output may connect")
        }
    }

    private func lookUpHSMs(withPort port: UInt16) async {
        let names = ports.unknownNames(of: port, at: .now)
        if !names.isEmpty { _ = await lookUp(names, port: port) }
    }

    /// Resolves names all at once. Answers what came in time; what comes later is noted.
    private func lookUp(_ names: [String], port: UInt16) async -> [SocketAddress] {
        let wake = WakeUp()
        var (found, answered): ([SocketAddress], Int) = ([], 0)
        for name in names {
            resolveHSM(name, port) { resolution in
                if case .addresses(let addresses) = resolution { found += addresses }
                answered += 1
                wake.raise()
            }
        }
        let deadline = Instant.now + Self.lookupTimeout
        let timer = ServiceLoop.after(Self.lookupTimeout) { wake.raise() }
        defer { timer.cancel() }
        while answered < names.count, Instant.now < deadline { await wake.wait() }
        return found
    }

    private func note(_ host: String, _ resolution: Resolver.Resolution) {
        guard case .addresses(let addresses) = resolution else { return }
        ports.note(host, leadsTo: addresses.compactMap { IPAddress(host: HostPort($0).host) }, at: .now)
    }
}
