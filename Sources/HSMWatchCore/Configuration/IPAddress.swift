// SPDX-License-Identifier: Apache-2.0

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
