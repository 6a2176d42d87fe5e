// SPDX-License-Identifier: Apache-2.0

/// What may stand for a host: an IPv4 address, an IPv6 address or a host name. Nothing is resolved here.
package enum HostText {
    /// Characters of a zone: an interface's name (`IFNAMSIZ`, netdevice(7)).
    private static let zoneLengths = 1...15

    /// Why `text` is neither an IPv4 address nor a host name; nil when it is one.
    ///
    /// A name has the characters of RFC 1123, and `_`, which Docker Compose puts into names. It may end in a dot: such a
    /// name is complete, and no search domain is tried.
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
