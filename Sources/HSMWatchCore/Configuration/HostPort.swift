// SPDX-License-Identifier: Apache-2.0

/// A host and a TCP or UDP port, written `host:port` or `[v6]:port`.
package struct HostPort: Hashable, Sendable {
    /// An IPv4 address, an IPv6 address without brackets, or a host name. An IPv6 address that was read has the one form of
    /// RFC 5952, and its zone (`fe80::1%eth0`); a name is as it was written.
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `10.10.5.6:9010`, `[2001:db8::7]:9010`, `[fe80::1%eth0]:9010` or `hsm-1.example.net:9010`.
    ///
    /// `ports` says which are allowed: a listener may take 0, "any free one".
    package init(parsing text: String, ports: ClosedRange<UInt16> = ConfigurationLimits.ports) throws(InvalidText) {
        guard let colon = text.lastIndex(of: ":") else {
            throw InvalidText("\(text.quoted) has no port; allowed: host:port or [v6]:port, e.g. 10.10.5.6:9010")
        }
        var host = String(text[..<colon])
        let port = try Self.port(parsing: String(text[text.index(after: colon)...]), in: ports)
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = try Self.addressV6(parsing: host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw InvalidText(
                "\(text.quoted) has more than one colon; allowed: host:port or [v6]:port, e.g. [2001:db8::7]:9010")
        } else if let problem = HostText.problem(host) {
            throw InvalidText(problem)
        }
        self.init(host: host, port: port)
    }

    /// Reads where somebody wants to connect to: the same, except addresses at which no machine can be.
    package init(destination text: String) throws(InvalidText) {
        try self.init(parsing: text)
        guard let address = IPAddress(host: host) else { return }
        if let problem = address.problem { throw InvalidText("\(host.quoted) \(problem)") }
        if address.isLinkLocalV6, !hasZone {
            throw InvalidText(
                "\(host.quoted) is an address of every network; allowed: the address with this machine's interface, "
                    + "e.g. [\(host)%eth0]:\(port)")
        }
    }

    /// Whether the host is an IPv6 address with the interface through which it is reached.
    package var hasZone: Bool { host.contains("%") }

    /// Where it leads, as far as that is known without a name server: two that share a place are one.
    ///
    /// Letters of a name match in both cases, and a dot at its end makes no other name of it. `localhost` is this machine
    /// (RFC 6761 section 6.3).
    package var places: Set<HostPort> {
        let name = HostText.withoutRoot(host.lowercased())
        let place = HostPort(host: name, port: port)
        guard name == "localhost" || name.hasSuffix(".localhost") else { return [place] }
        return [place, HostPort(host: "127.0.0.1", port: port), HostPort(host: "::1", port: port)]
    }

    private static func addressV6(parsing text: Substring) throws(InvalidText) -> String {
        let percent = text.firstIndex(of: "%")
        guard let address = IPAddress(v6: text[..<(percent ?? text.endIndex)]) else {
            throw InvalidText(
                "\(String(text).quoted) is not an IPv6 address; allowed: [v6]:port, e.g. [2001:db8::7]:9010")
        }
        guard let percent else { return "\(address)" }
        let zone = text[text.index(after: percent)...]
        guard address.isLinkLocalV6, HostText.isZone(zone) else {
            throw InvalidText(
                "\(String(text).quoted) has a wrong zone; allowed: the name of this machine's network interface, "
                    + "with an address of fe80::/10 only, e.g. [fe80::1%eth0]:9010")
        }
        return "\(address)%\(zone)"
    }

    /// Reads a port alone, which must be one of `ports`.
    package static func port(
        parsing text: String, in ports: ClosedRange<UInt16> = ConfigurationLimits.ports
    ) throws(InvalidText) -> UInt16 {
        guard let port = WholeNumber.parse(text).flatMap(UInt16.init(exactly:)), ports.contains(port) else {
            throw InvalidText("\(text.quoted) is not a port; allowed: \(ports.lowerBound) … \(ports.upperBound)")
        }
        return port
    }
}

extension HostPort: CustomStringConvertible {
    /// Exactly `host:port`, or `[v6]:port`.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
