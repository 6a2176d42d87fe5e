// SPDX-License-Identifier: Apache-2.0

/// Where HSMs obey commands: at their addresses, at the same hosts' query ports, and at the addresses to which their names
/// have led. No output may connect there.
package struct CommandPorts: Sendable {
    /// How old a name server's answer may be before the name is looked up again for an output.
    package static let freshness = Duration.seconds(60)
    /// Addresses of one name that are remembered.
    package static let addressLimit = 64
    /// Names that are looked up for one connection of an output.
    package static let lookupLimit = 1000

    /// An HSM at a host.
    private struct Owner {
        let name: String
        let ports: [UInt16]
    }

    /// What a name server has answered. The answer before counts too: a connection may still lead there.
    private struct Answer {
        var addresses: Set<IPAddress>
        var before: Set<IPAddress> = []
        var at: Instant

        /// Asked for each name before each connection and request, so it makes no copy.
        func leads(to places: Set<IPAddress>) -> Bool {
            !addresses.isDisjoint(with: places) || !before.isDisjoint(with: places)
        }
    }

    /// By host, without a zone: names in lower case, addresses in their one form.
    private var owners: [String: [Owner]] = [:]
    /// By host name.
    private var answers: [String: Answer] = [:]

    package init(_ hsms: [HSMConfiguration]) {
        change(to: hsms)
    }

    /// Goes on with other HSMs; what is known of the names that stay is kept.
    package mutating func change(to hsms: [HSMConfiguration]) {
        owners = [:]
        for hsm in hsms {
            let owner = Owner(name: hsm.name, ports: [hsm.address.port] + hsm.queryPorts)
            for host in Self.hosts(of: hsm.address) { owners[host, default: []].append(owner) }
        }
        answers = answers.filter { owners[$0.key] != nil }
    }

    /// The HSM whose command port this is, by what the configuration and the name servers say; nil when it is none's.
    package func owner(of place: HostPort) -> String? {
        let hosts = Self.hosts(of: place)
        if let name = hosts.lazy.compactMap({ owner($0, place.port) }).first { return name }
        let addresses = Set(hosts.compactMap { IPAddress(host: $0) })
        guard !addresses.isEmpty else { return nil }
        return answers.lazy.filter { $0.value.leads(to: addresses) }.compactMap { owner($0.key, place.port) }.min()
    }

    /// Names of HSMs with a command port of this number whose addresses are not known now.
    package func unknownNames(of port: UInt16, at now: Instant) -> [String] {
        let names = owners.lazy.filter { host, owners in
            IPAddress(host: host) == nil && owners.contains { $0.ports.contains(port) }
        }.map(\.key)
        let unknown = names.filter { name in answers[name].map { now - $0.at >= Self.freshness } ?? true }
        return Array(unknown.prefix(Self.lookupLimit))
    }

    /// Whether any HSM has a command port of this number.
    package func contains(port: UInt16) -> Bool {
        owners.values.contains { $0.contains { $0.ports.contains(port) } }
    }

    /// Takes note of where a name leads.
    package mutating func note(_ name: String, leadsTo addresses: [IPAddress], at now: Instant) {
        let name = Self.key(name)
        guard owners[name] != nil, IPAddress(host: name) == nil else { return }
        let addresses = Set(addresses.prefix(Self.addressLimit))
        var answer = answers[name] ?? Answer(addresses: addresses, at: now)
        if answer.addresses != addresses { answer.before = answer.addresses }
        answer.addresses = addresses
        answer.at = now
        answers[name] = answer
    }

    private func owner(_ host: String, _ port: UInt16) -> String? {
        owners[host]?.first { $0.ports.contains(port) }?.name
    }

    private static func hosts(of place: HostPort) -> Set<String> {
        Set(place.places.map { key($0.host) })
    }

    /// The host without its zone: two interfaces with the same address may lead to the same machine, so both count.
    private static func key(_ host: String) -> String {
        HostText.withoutRoot(String(host.lowercased().prefix { $0 != "%" }))
    }
}
