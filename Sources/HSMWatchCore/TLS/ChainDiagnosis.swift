// SPDX-License-Identifier: Apache-2.0

/// Says why the TLS library has rejected a peer's certificates, which it does not tell.
///
/// It looks at what the certificates say, in the library's own order: the chain to an authority, then what each
/// certificate may be used for, then the dates. It says only what stands there; where all of that is right, it says so.
package struct ChainDiagnosis: Sendable {
    /// Certificates between Graylog's and an authority, as the TLS library has it.
    private static let depthLimit = 100

    /// What the peer presents, its own certificate first.
    private let chain: [CertificateFacts]
    /// Those that are trusted; nil when they are not known.
    private let authorities: [CertificateFacts]?
    /// Where they are: `in tls.ca`.
    private let place: String

    /// - Parameters:
    ///   - setting: what an administrator names the authorities with, such as `tls.ca`.
    ///   - isSystem: whether nothing is set, so that the system's authorities are trusted.
    package init(chain: [CertificateFacts], authorities: [CertificateFacts]?, setting: String, isSystem: Bool) {
        self.chain = chain
        self.authorities = authorities
        place = isSystem ? "among the system's authorities (\(setting) is not set)" : "in \(setting)"
    }

    /// Why the chain is rejected, in words that follow the endpoint's name.
    package func reason(at now: Timestamp) -> String {
        guard let own = chain.first else {
            return "TLS: Graylog's certificate is rejected; a second connection did not show it, so the reason is "
                + "unknown"
        }
        let path = path(from: own)
        let problem =
            path.problem ?? Self.problem(ofUse: path.links) ?? problem(ofDates: path, at: now)
            ?? "\(Self.name(own, 0)) is rejected, and the TLS library does not say why: issuers, purposes and dates "
            + "are right, so it may be a signature"
        return "TLS: \(problem)"
    }

    // MARK: The chain

    private struct Path {
        /// From Graylog's certificate on, none of them trusted.
        var links: [CertificateFacts]
        /// The authorities above, the root last.
        var anchors: [CertificateFacts] = []
        /// Why it leads to no root that is trusted.
        var problem: String?
    }

    private func path(from own: CertificateFacts) -> Path {
        var path = Path(links: [own])
        var unused = Array(chain.dropFirst())
        while let last = path.links.last, path.links.count < Self.depthLimit {
            let issuer = authorities?.first { last.isSelfIssued ? $0 == last : $0.canHaveIssued(last) }
            if let issuer {
                path.anchors = anchors(from: issuer)
                if let highest = path.anchors.last, !highest.isSelfIssued {
                    path.problem =
                        "the authority \(highest.subjectName) \(place) is no root, and the certificate of its issuer "
                        + "\(highest.issuerName) is not there"
                }
                return path
            }
            guard !last.isSelfIssued, let index = unused.firstIndex(where: { $0.canHaveIssued(last) }) else { break }
            path.links.append(unused.remove(at: index))
        }
        if authorities != nil { path.problem = missing(in: path.links) }
        return path
    }

    private func anchors(from first: CertificateFacts) -> [CertificateFacts] {
        var anchors = [first]
        while let last = anchors.last, !last.isSelfIssued, anchors.count < Self.depthLimit,
            let next = authorities?.first(where: { $0.canHaveIssued(last) && !anchors.contains($0) })
        {
            anchors.append(next)
        }
        return anchors
    }

    /// Why no authority that is trusted stands above the last link.
    private func missing(in links: [CertificateFacts]) -> String? {
        guard let last = links.last else { return nil }
        let name = Self.name(last, links.count - 1)
        if last.isSelfIssued {
            return links.count == 1
                ? "\(name) is self-signed and not \(place)"
                : "Graylog's chain ends at the authority \(last.subjectName) (serial \(last.serialNumber)), "
                    + "which is not \(place)"
        }
        if let namesake = ((authorities ?? []) + chain).first(where: { $0.hasIssuerName(of: last) }) {
            let isTrusted = authorities?.contains(namesake) ?? false
            return "the issuer of \(name) is not known: the certificate of \(last.issuerName) "
                + "\(isTrusted ? place : "that Graylog sends") "
                + (namesake.maySign ? "has another key" : "may not sign certificates (keyUsage)")
        }
        return "the issuer of \(name) is missing: Graylog does not send the certificate of \(last.issuerName), "
            + "and it is not \(place)"
    }

    // MARK: Use and dates

    private static func problem(ofUse links: [CertificateFacts]) -> String? {
        for (index, link) in links.enumerated() {
            let name = name(link, index)
            if let unknown = link.unknownExtension {
                return "\(name) has the critical extension \(unknown), which the TLS library does not know"
            }
            if index > 0, !link.isAuthority {
                return "\(name) is not an authority's (basicConstraints without CA:TRUE)"
            }
            if !link.isForServers {
                return "\(name) is not for servers: its extended key usage lacks serverAuth"
            }
            if index == 0, !link.mayKeyServe {
                return "\(name) is not for TLS: its keyUsage lacks digitalSignature, keyEncipherment and keyAgreement"
            }
        }
        return nil
    }

    /// From the root down.
    private func problem(ofDates path: Path, at now: Timestamp) -> String? {
        for authority in path.anchors.reversed() {
            guard let problem = authority.term.problem(at: now) else { continue }
            return "the authority \(authority.subjectName) (serial \(authority.serialNumber)) \(place) \(problem)"
        }
        for (index, link) in path.links.enumerated().reversed() {
            if let problem = link.term.problem(at: now) { return "\(Self.name(link, index)) \(problem)" }
        }
        return nil
    }

    private static func name(_ certificate: CertificateFacts, _ index: Int) -> String {
        index == 0
            ? "Graylog's certificate (serial \(certificate.serialNumber))"
            : "the intermediate certificate \(certificate.subjectName) (serial \(certificate.serialNumber))"
    }
}

/// What a peer's certificate must carry: the name or the address by which the peer was configured (RFC 9525).
///
/// Only the subjectAltName counts. A name is compared with DNS names, an address with IP addresses. The common name
/// never counts, nor does the address of the connection when a name is expected: behind a proxy it is the proxy's.
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

/// How bytes of TLS are recognised where none should come.
package enum TLSRecord {
    /// Why a connection without TLS fails, in words that follow the endpoint's name.
    package static let unexpected =
        "the peer speaks TLS on this port; set tls for this output, or use a port without TLS"

    /// The kinds of records that a server may send first: alert and handshake.
    private static let kinds: ClosedRange<UInt8> = 21...22
    /// The first byte of every version from SSL 3.0 to TLS 1.3.
    private static let majorVersion: UInt8 = 3

    /// Whether what came begins as a record of TLS does (RFC 8446 section 5.1).
    package static func begins(_ bytes: some Collection<UInt8>) -> Bool {
        let head = Array(bytes.prefix(2))
        return head.count == 2 && kinds.contains(head[0]) && head[1] == majorVersion
    }
}
