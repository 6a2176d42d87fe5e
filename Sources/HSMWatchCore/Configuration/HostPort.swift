// SPDX-License-Identifier: Apache-2.0

/// A host and a TCP or UDP port, written `host:port` or `[v6]:port`.
package struct HostPort: Hashable, Sendable {
    /// An IPv4 address, an IPv6 address without brackets, or a host name. An IPv6 address that was read has the one
    /// form of RFC 5952, and its zone (`fe80::1%eth0`); a name is as it was written.
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

    /// Reads an address to connect to: the same, except addresses that no machine can have.
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

    /// Where it leads, without asking a name server: two with the same place are one.
    ///
    /// Letters of a name match in both cases, and a dot at its end makes no other name of it. `localhost` is this
    /// machine (RFC 6761 section 6.3).
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

/// What may stand for a host: an IPv4 address, an IPv6 address or a host name. Nothing is resolved here.
package enum HostText {
    /// Characters of a zone: an interface's name (`IFNAMSIZ`, netdevice(7)).
    private static let zoneLengths = 1...15

    /// Why `text` is neither an IPv4 address nor a host name; nil when it is one.
    ///
    /// A name has the characters of RFC 1123, and `_`, which Docker Compose puts into names. It may end in a dot: such
    /// a name is complete, and no search domain is tried.
    package static func problem(_ text: String) -> String? {
        let name = withoutRoot(text)
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // A name whose last label is a number is an IPv4 address (RFC 1123 section 2.1), if a broken one. The resolver
        // takes octal, hexadecimal and short forms for addresses, each program for another (inet_aton(3)).
        if let last = labels.last, isNumber(last) {
            return IPAddress(v4: text) != nil
                ? nil : "\(text.quoted) is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"
        }
        guard name.utf8.count <= ConfigurationLimits.hostNameLength, labels.allSatisfy(isLabel) else {
            return "\(text.quoted) is not a host; allowed: an IPv4 address, [v6], "
                + "or a name of letters, digits, -, _ and ., at most \(ConfigurationLimits.hostNameLength) characters, "
                + "\(ConfigurationLimits.hostLabelLength) between two dots"
        }
        return nil
    }

    /// The name without the dot that makes it complete: what TLS asks for by SNI and a certificate carries.
    package static func withoutRoot(_ name: String) -> String {
        name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Whether `text` may name a network interface.
    static func isZone(_ text: some StringProtocol) -> Bool {
        zoneLengths.contains(text.utf8.count) && NameText.hasOnlyNameCharacters(String(text))
    }

    private static func isLabel(_ text: Substring) -> Bool {
        (1...ConfigurationLimits.hostLabelLength).contains(text.utf8.count)
            && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = isHexadecimal ? text.dropFirst(2) : text
        return (isHexadecimal || !digits.isEmpty)
            && digits.allSatisfy { $0.isASCII && (isHexadecimal ? $0.isHexDigit : $0.isNumber) }
    }
}

/// An IPv4 or IPv6 address, however it was written.
package struct IPAddress: Hashable, Sendable {
    /// What precedes an IPv4 address that is written as an IPv6 one: `::ffff:10.10.5.6` (RFC 4291 section 2.5.5.2).
    private static let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// - Parameter bytes: 4 or 16; those of a mapped IPv4 address become that address.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isMapped = bytes.count == 16 && bytes.starts(with: Self.mapped)
        self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// Reads four decimal numbers without leading zeros, which some systems read as octal.
    package init?(v4 text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { WholeNumber.parse($0).flatMap { UInt8(exactly: $0) } }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        self.bytes = bytes
    }

    /// Reads any notation of RFC 4291 section 2.2, without brackets and zone.
    package init?(v6 text: some StringProtocol) {
        let halves = Self.halves(of: Substring(text))
        guard halves.count <= 2 else { return nil }
        var groups: [[UInt16]] = []
        for (index, half) in halves.enumerated() {
            guard let read = half.isEmpty ? [] : Self.groups(half, mayEndInIPv4: index == halves.count - 1) else {
                return nil
            }
            groups.append(read)
        }
        let count = groups.reduce(0) { $0 + $1.count }
        guard halves.count == 2 ? count <= 7 : count == 8 else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - count)
        let all = (groups.first ?? []) + zeros + groups.dropFirst().joined()
        self.init(bytes: all.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
    }

    /// Reads the host of a `HostPort`, whose zone is left out; nil for a name.
    package init?(host: String) {
        let text = host.prefix { $0 != "%" }
        guard let address = IPAddress(v4: text) ?? IPAddress(v6: text) else { return nil }
        self = address
    }

    package var isV6: Bool { bytes.count == 16 }

    /// Whether it is of `fe80::/10`: the same address may be on every link of this machine.
    package var isLinkLocalV6: Bool { isV6 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

    /// Why no machine can be reached by it; nil when one can.
    package var problem: String? {
        if isV6 ? bytes.allSatisfy({ $0 == 0 }) : bytes[0] == 0 {
            return "stands for no machine; allowed: the address of one"
        }
        if isV6 ? bytes[0] == 0xFF : (224...239).contains(bytes[0]) {
            return "is a multicast address, which many machines share; allowed: the address of one"
        }
        return bytes == [255, 255, 255, 255] ? "is the broadcast address; allowed: the address of one machine" : nil
    }

    private static func halves(of text: Substring) -> [Substring] {
        var halves: [Substring] = []
        var rest = text
        while let colons = rest.firstRange(of: "::") {
            halves.append(rest[..<colons.lowerBound])
            rest = rest[colons.upperBound...]
        }
        return halves + [rest]
    }

    /// The 16-bit groups of a part without `::`; nil when it is none.
    private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var tail: [UInt16] = []
        if mayEndInIPv4, let last = parts.last, last.contains(".") {
            guard let bytes = IPAddress(v4: last)?.bytes else { return nil }
            tail = [UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3])]
            parts.removeLast()
        }
        let groups = parts.compactMap(group)
        return groups.count == parts.count ? groups + tail : nil
    }

    private static func group(_ text: Substring) -> UInt16? {
        guard (1...4).contains(text.utf8.count), text.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        return UInt16(text, radix: 16)
    }
}

extension IPAddress: CustomStringConvertible {
    /// The one form of RFC 5952, as inet_ntop(3) writes it.
    package var description: String {
        guard isV6 else { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        guard let zeros = Self.longestZeros(in: groups) else { return Self.text(groups[...]) }
        // ::10.10.5.6, the IPv4-compatible form.
        if zeros == 0..<6 { return "::" + bytes.suffix(4).map(String.init).joined(separator: ".") }
        return Self.text(groups[..<zeros.lowerBound]) + "::" + Self.text(groups[zeros.upperBound...])
    }

    /// Where the first of the longest runs of two or more zeros is.
    private static func longestZeros(in groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        for start in groups.indices {
            let end: Int = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > longest.count { longest = start..<end }
        }
        return longest.count > 1 ? longest : nil
    }

    private static func text(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}

extension HostPort {
    /// The HSM of the example configuration: an address for documentation (RFC 5737), at which no HSM can be.
    ///
    /// An administrator has not edited a configuration that has it.
    package static let example = HostPort(host: "192.0.2.11", port: 9010)

    /// The Graylog of the example configuration. A Graylog on this machine may really have this address.
    package static let exampleGraylog = HostPort(host: "127.0.0.1", port: 12_201)
}
