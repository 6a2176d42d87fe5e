// SPDX-License-Identifier: Apache-2.0

/// How one HSM is polled and judged: an entry of `hsms` merged with `defaults`.
package struct HSMConfiguration: Equatable, Sendable {
    /// Unique; `[A-Za-z0-9._-]`, at most `ConfigurationLimits.nameLength` characters.
    package var name: String
    package var address: HostPort
    /// Each is asked about with `<1223#PORT#>`; empty asks `<1223#>` once.
    package var queryPorts: [UInt16]
    /// Distance between the starts of two probes.
    package var interval: Duration
    /// One deadline for the whole probe; never above `interval`.
    package var timeout: Duration
    package var connection: ConnectionMode
    package var lineEnding: LineEnding
    package var alert: AlertConfiguration
    package var forecast: ForecastConfiguration
    /// Extra message fields, those of `defaults` first, each in file order.
    package var fields: [Field]

    /// Distance between two probes when the file gives none.
    package static let defaultInterval = Duration.seconds(5)
    /// Deadline of a probe when the file gives none; a shorter interval lowers it to the interval.
    package static let defaultTimeout = Duration.seconds(2)

    package init(
        name: String,
        address: HostPort,
        queryPorts: [UInt16] = [],
        interval: Duration = HSMConfiguration.defaultInterval,
        timeout: Duration = HSMConfiguration.defaultTimeout,
        connection: ConnectionMode = .persistent,
        lineEnding: LineEnding = .lf,
        alert: AlertConfiguration = AlertConfiguration(),
        forecast: ForecastConfiguration = ForecastConfiguration(),
        fields: [Field] = []
    ) {
        self.name = name
        self.address = address
        self.queryPorts = queryPorts
        self.interval = interval
        self.timeout = timeout
        self.connection = connection
        self.lineEnding = lineEnding
        self.alert = alert
        self.forecast = forecast
        self.fields = fields
    }
}

/// How long a connection to an HSM lives; raw values are the words of the configuration.
package enum ConnectionMode: String, CaseIterable, Sendable {
    /// Kept between probes, so that the monitor has its socket when the HSM runs out of them.
    case persistent
    /// Opened for each probe and closed after the reply's `>`.
    case perProbe = "per-probe"
}

/// When an HSM's state becomes worse, and when it becomes better again.
package struct AlertConfiguration: Equatable, Sendable {
    /// Fewer available sockets than this is `warning`; nil never warns.
    package var warning: Threshold?
    /// Fewer available sockets than this is `critical`; never above `warning` of the same kind.
    package var critical: Threshold
    /// Readings in a row before a worse state counts.
    package var raiseAfter: Int
    /// Failed probes in a row before `unreachable` or `unknown` counts.
    package var raiseAfterFailures: Int
    /// Readings in a row before a better state counts.
    package var clearAfter: Int
    /// How many sockets above the threshold available must be before a better state counts.
    package var clearMargin: Int

    package init(
        warning: Threshold? = nil,
        critical: Threshold = .absolute(50),
        raiseAfter: Int = 1,
        raiseAfterFailures: Int = 2,
        clearAfter: Int = 2,
        clearMargin: Int = 5
    ) {
        self.warning = warning
        self.critical = critical
        self.raiseAfter = raiseAfter
        self.raiseAfterFailures = raiseAfterFailures
        self.clearAfter = clearAfter
        self.clearMargin = clearMargin
    }
}

/// A number of available sockets below which a state counts, written `100` or `20%`.
package enum Threshold: Hashable, Sendable {
    /// Sockets, at most ten digits as in a reply; 0 is never reached and so switches the state off.
    case absolute(Int)
    /// Percent of the HSM's total, 1 to 100.
    case percent(Int)

    /// Reads `100` or `20%`.
    package init(parsing text: String) throws(InvalidText) {
        let isPercent = text.hasSuffix("%")
        let range = isPercent ? ConfigurationLimits.thresholdPercent : ConfigurationLimits.thresholdSockets
        guard let number = WholeNumber.parse(isPercent ? text.dropLast() : text[...]), range.contains(number) else {
            throw InvalidText(
                "\(text.quoted) is not a threshold; allowed: \(ConfigurationLimits.thresholdSockets.lowerBound) … "
                    + "\(ConfigurationLimits.thresholdSockets.upperBound) sockets, "
                    + "or \(ConfigurationLimits.thresholdPercent.lowerBound)% … "
                    + "\(ConfigurationLimits.thresholdPercent.upperBound)% of the total")
        }
        self = isPercent ? .percent(number) : .absolute(number)
    }

    /// Whether this is certainly more than `other`; a number and a percentage compare only beside a total.
    func isAbove(_ other: Threshold) -> Bool {
        switch (self, other) {
        case (.absolute(let left), .absolute(let right)), (.percent(let left), .percent(let right)): left > right
        case (.absolute, .percent), (.percent, .absolute): false
        }
    }
}

extension Threshold: CustomStringConvertible {
    /// As it is written in a configuration.
    package var description: String {
        switch self {
        case .absolute(let sockets): "\(sockets)"
        case .percent(let percent): "\(percent)%"
        }
    }
}

/// How the exhaustion of an HSM's sockets is foreseen.
package struct ForecastConfiguration: Equatable, Sendable {
    /// The past whose readings count.
    package var window: Duration
    /// A leak that comes to critical, or to no sockets where there is no critical, within this warns; nil never warns.
    package var warnWithin: Duration?

    /// `warn_within` when the file gives none.
    package static let defaultWarnWithin = Duration.seconds(30 * 60)

    package init(
        window: Duration = .seconds(15 * 60), warnWithin: Duration? = ForecastConfiguration.defaultWarnWithin
    ) {
        self.window = window
        self.warnWithin = warnWithin
    }
}

/// Which HSM a command line means: one at an address, or one of the configuration.
package enum HSMTarget: Hashable, Sendable {
    case address(HostPort)
    case name(String)

    /// A colon makes it an address: no name has one.
    package init(parsing text: String) throws(InvalidText) {
        self = text.contains(":") ? .address(try HostPort(destination: text)) : .name(try NameText.check(text))
    }
}

extension Configuration {
    /// Names that the error for an unknown HSM lists.
    private static let listedNames = 8

    /// The HSM that is called so.
    package func hsm(named name: String) throws(InvalidText) -> HSMConfiguration {
        if let hsm = hsms.first(where: { $0.name == name }) { return hsm }
        let names = hsms.map(\.name)
        let more = names.count > Self.listedNames ? " and \(names.count - Self.listedNames) more" : ""
        throw InvalidText(
            "there is no HSM \(name.quoted)\(NearestName.hint(name, among: names)) "
                + "(allowed: \(names.prefix(Self.listedNames).joined(separator: ", "))\(more); "
                + "or an address with its port, such as \(name):9010)")
    }
}

/// Where HSMs obey commands: at their addresses, at the same hosts' query ports, and at the addresses to which their
/// names have led. No output may connect there.
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
