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
