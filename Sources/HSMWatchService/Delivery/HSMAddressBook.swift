// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

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

    /// Goes on with other HSMs.
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

    /// The same for an endpoint before anything is connected to. Names of HSMs whose addresses are not known are resolved
    /// first, as far as they have a port in common with it.
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
