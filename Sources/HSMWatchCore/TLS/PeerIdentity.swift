// SPDX-License-Identifier: Apache-2.0

/// What a peer's certificate must carry: the name or the address by which the peer was configured (RFC 9525).
///
/// Only the subjectAltName counts. A name is compared with DNS names, an address with IP addresses. The common name never
/// counts, nor does the address of the connection when a name is expected: behind a proxy it is the proxy's.
package enum PeerIdentity: Equatable, Sendable {
    case name(String)
    /// 4 or 16 bytes in network order.
    case address([UInt8])

    /// Labels that must follow a wildcard: `*.com` would stand for everybody.
    private static let labelsAfterWildcard = 2

    /// The name, to ask for by SNI; nil for an address.
    package var name: String? {
        if case .name(let name) = self { name } else { nil }
    }

    /// Whether a certificate carries it.
    package func isCarried(by certificate: CertificateNames) -> Bool {
        switch self {
        case .name(let name): certificate.names.contains { Self.matches(name, pattern: $0) }
        case .address(let address): certificate.addresses.contains(address)
        }
    }

    /// Whether a DNS name of a certificate stands for `name`.
    ///
    /// ASCII letters match in both cases; a dot at the end of `name` is ignored. `*` stands for one whole label, the
    /// left-most one, with at least two labels after it. Internationalised names are compared as A-labels (`xn--…`).
    private static func matches(_ name: String, pattern: String) -> Bool {
        let labels = labels(of: name.hasSuffix(".") ? String(name.dropLast()) : name)
        let patterns = self.labels(of: pattern)
        guard labels.count == patterns.count, (labels + patterns).allSatisfy({ !$0.isEmpty }) else { return false }
        guard patterns.first == [UInt8(ascii: "*")] else { return labels == patterns }
        return patterns.count > labelsAfterWildcard && labels.dropFirst() == patterns.dropFirst()
    }

    /// The labels in lower case.
    private static func labels(of name: String) -> [[UInt8]] {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { label in
            label.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        }
    }
}

/// The DNS names and the IP addresses in a certificate's subjectAltName.
package struct CertificateNames: Equatable, Sendable {
    /// Names and addresses that are shown at most.
    package static let shownLimit = 10
    /// Characters of each that are shown at most.
    package static let textLimit = 64

    package let names: [String]
    /// In network order.
    package let addresses: [[UInt8]]

    package init(names: [String], addresses: [[UInt8]]) {
        self.names = names
        self.addresses = addresses
    }

    /// All of them in printable ASCII, or how many more there are.
    package var text: String {
        let shown = names.map { EscapedBytes.text($0.utf8, limit: Self.textLimit) } + addresses.map(Self.text)
        guard !shown.isEmpty else { return "no name and no address (subjectAltName)" }
        let more = shown.count - Self.shownLimit
        return shown.prefix(Self.shownLimit).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private static func text(_ address: [UInt8]) -> String {
        guard address.count > 4 else { return address.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: address.count - 1, by: 2).map { index in
            String(UInt16(address[index]) << 8 | UInt16(address[index + 1]), radix: 16)
        }.joined(separator: ":")
    }
}
