// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Tries one endpoint of an output on the service's own road: resolve, connect, send one message, have it confirmed.
///
/// The message does not go through the spool, which belongs to the service.
@ServiceLoop
package final class EndpointTest {
    /// What was found, in the order in which it happens.
    package enum Finding: Equatable, Sendable {
        case resolved([String], in: Duration)
        case connected(in: Duration)
        /// Such as `TLS 1.3`, and the peer's certificate.
        case secured(version: String, CertificateTerm?)
        /// As well as the output's `confirmation` says.
        case confirmed(in: Duration)
        case failed(String)
    }

    /// How long all of it may take.
    package nonisolated static let timeout = Duration.seconds(30)

    private let configuration: OutputConfiguration
    private let endpoint: HostPort
    private let hsms: HSMAddressBook?
    /// `_instance` of the message, which no other message has.
    package let instance: String
    private let message: SpooledMessage
    private let found: (Finding) -> Void
    private let wake = WakeUp()
    private var begin = Instant.now
    private var isConnected = false
    private var isConfirmed = false
    /// Why the message can never be delivered this way.
    private var problem: String?
    private var transport: (any Transport)?

    /// - Parameters:
    ///   - hsms: where no message may be sent; nil where there are no HSMs.
    ///   - found: called with each finding; after `failed` there is none.
    package init(
        _ configuration: OutputConfiguration, endpoint: HostPort, hsms: HSMAddressBook?, encoder: MessageEncoder,
        found: @escaping (Finding) -> Void
    ) {
        self.configuration = configuration
        self.endpoint = endpoint
        self.hsms = hsms
        self.found = found
        let event = Event(
            timestamp: .now, content: .service(.sendTest(output: configuration.name, endpoint: "\(endpoint)")))
        let encoded = encoder.encode(event)
        var identity = SpoolIdentity.new()
        instance = identity.instance
        message = SpooledMessage(
            position: 1, kind: event.kind, time: event.timestamp.milliseconds, body: identity.number(encoded))
    }

    /// Answers whether the message was confirmed.
    package func run() async -> Bool {
        let deadline = Instant.now + Self.timeout
        let timer = ServiceLoop.after(Self.timeout) {
            self.transport?.close()
            self.wake.raise()
        }
        defer { timer.cancel() }
        let route = Route(configuration, patience: DeliveryWindow.patience, hsms: hsms)
        guard let addresses = await resolve(route.destination(of: endpoint), until: deadline) else { return false }
        if let loss = await route.refusal(of: endpoint, at: addresses) {
            found(.failed(loss.reason))
            return false
        }
        begin = .now
        let transport = route.open(to: endpoint, addresses: addresses) { [weak self] in self?.take($0) }
        self.transport = transport
        await wait(until: deadline) { self.isConnected || transport.end != nil }
        if isConnected {
            begin = .now
            await transport.send([message], waiting: 0)
            transport.hurry()
            await wait(until: deadline) { self.isConfirmed || self.problem != nil || transport.end != nil }
        }
        let end = Instant.now < deadline ? transport.end?.reason : nil
        transport.close()
        await transport.finish()
        if let problem {
            found(.failed(problem))
        } else if !isConfirmed {
            found(.failed(end ?? Self.tooLate))
        }
        return isConfirmed && problem == nil
    }

    private nonisolated static let tooLate = "not within \(DurationText.format(timeout))"

    private func resolve(_ host: HostPort, until deadline: Instant) async -> [SocketAddress]? {
        var resolution: Resolver.Resolution?
        Resolver().resolve(host: host.host, port: host.port) {
            resolution = $0
            self.wake.raise()
        }
        await wait(until: deadline) { resolution != nil }
        switch resolution {
        case .addresses(let addresses):
            found(.resolved(addresses.map { $0.ipAddress ?? "\($0)" }, in: .now - begin))
            return addresses
        case .failed(let reason), .prevented(let reason, _):
            found(.failed(reason))
        case nil:
            found(.failed("cannot resolve \(host.host): \(Self.tooLate)"))
        }
        return nil
    }

    private func take(_ report: TransportReport) {
        switch report {
        case .opened(let session) where !isConnected:
            isConnected = true
            found(.connected(in: .now - begin))
            if let session { found(.secured(version: session.version, session.peerTerm)) }
        case .undeliverable(_, let reason):
            problem = reason
        case .confirmed where !isConfirmed && problem == nil:
            isConfirmed = true
            found(.confirmed(in: .now - begin))
        case .opened, .confirmed, .changed:
            break
        }
        wake.raise()
    }

    private func wait(until deadline: Instant, isMet: () -> Bool) async {
        while !isMet(), Instant.now < deadline {
            await wake.wait()
        }
    }
}
