// SPDX-License-Identifier: Apache-2.0

/// A host and a TCP or UDP port, written `host:port` or `[v6]:port`.
package struct HostPort: Hashable, Sendable {
    /// An IPv4 address, an IPv6 address without brackets, or a host name; as it was written.
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `10.10.5.6:9010`, `[2001:db8::7]:9010` or `hsm-1.example.net:9010`.
    ///
    /// `ports` says which are allowed: a listener may take 0, "any free one".
    package init(parsing text: String, ports: ClosedRange<UInt16> = ConfigurationLimits.ports) throws(InvalidText) {
        guard let colon = text.lastIndex(of: ":") else {
            throw InvalidText("\(text.quoted) has no port; allowed: host:port or [v6]:port, e.g. 10.10.5.6:9010")
        }
        var host = String(text[..<colon])
        let port = try Self.port(parsing: String(text[text.index(after: colon)...]), in: ports)
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard HostText.isIPv6(host) else {
                throw InvalidText("\(host.quoted) is not an IPv6 address; allowed: [v6]:port, e.g. [2001:db8::7]:9010")
            }
        } else if host.contains(":") {
            throw InvalidText(
                "\(text.quoted) has more than one colon; allowed: host:port or [v6]:port, e.g. [2001:db8::7]:9010")
        } else if let problem = HostText.problem(host) {
            throw InvalidText(problem)
        }
        self.init(host: host, port: port)
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
