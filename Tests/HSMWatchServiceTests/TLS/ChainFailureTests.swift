// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// Real handshakes: why a chain is rejected is told by what its certificates say.
@ServiceLoop
@Suite("A chain that does not verify", .timeLimit(.minutes(1)))
struct ChainFailureTests {
    private let folder: TemporaryFolder
    private let root: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        root = try TestAuthority(in: folder, name: "root")
    }

    private func expect(
        _ reason: String?, of identity: TestAuthority.Identity, trusting ca: String? = nil
    ) async throws {
        let found = try await identity.refusal(by: TLSCredentials(TLSConfiguration(ca: ca ?? root.certificate)))
        guard let reason else {
            #expect(found == nil)
            return
        }
        #expect(found?.hasPrefix("TLS: " + reason) == true, "\(found ?? "accepted")")
    }

    @Test("a good chain is accepted, with an intermediate and without")
    func good() async throws {
        try await expect(nil, of: root.issue("graylog", extensions: ["extendedKeyUsage=serverAuth"]))
        let middle = try root.intermediate("middle")
        try await expect(nil, of: middle.chain(middle.issue("graylog"), middle.certificate))
    }

    @Test("an extended key usage without serverAuth")
    func purpose() async throws {
        try await expect(
            "Graylog's certificate (serial 01) is not for servers: its extended key usage lacks serverAuth",
            of: root.issue("graylog", extensions: ["extendedKeyUsage=clientAuth"]))
        let middle = try root.intermediate("middle", extensions: ["extendedKeyUsage=clientAuth"])
        try await expect(
            "the intermediate certificate middle (serial 02) is not for servers",
            of: middle.chain(middle.issue("graylog"), middle.certificate))
    }

    @Test("a critical extension that is not known")
    func criticalExtension() async throws {
        try await expect(
            "Graylog's certificate (serial 01) has the critical extension 1.2.3.4.5, which the TLS library does not "
                + "know",
            of: root.issue("graylog", extensions: ["1.2.3.4.5=critical,DER:0500"]))
    }

    @Test("an intermediate that is no authority")
    func notAnAuthority() async throws {
        let middle = try root.intermediate("middle", constraints: "CA:FALSE")
        try await expect(
            "the intermediate certificate middle (serial 01) is not an authority's (basicConstraints without CA:TRUE)",
            of: middle.chain(middle.issue("graylog"), middle.certificate))
    }

    @Test("an authority that has expired, in tls.ca")
    func expiredAuthority() async throws {
        let old = try TestAuthority(in: folder, name: "old", term: .past)
        try await expect(
            "the authority old (serial F0) in tls.ca expired on 2021-01-01 00:00:00 UTC, and here it is ",
            of: old.issue("graylog"), trusting: old.certificate)
    }

    @Test("an intermediate that has expired is not Graylog's certificate")
    func expiredIntermediate() async throws {
        let middle = try root.intermediate("middle", term: .past)
        try await expect(
            "the intermediate certificate middle (serial 01) expired on 2021-01-01 00:00:00 UTC, and here it is ",
            of: middle.chain(middle.issue("graylog"), middle.certificate))
    }

    @Test("an intermediate that Graylog does not send")
    func missingIntermediate() async throws {
        let middle = try root.intermediate("middle")
        try await expect(
            "the issuer of Graylog's certificate (serial 01) is missing: Graylog does not send the certificate of "
                + "middle, and it is not in tls.ca",
            of: middle.issue("graylog"))
    }

    @Test("a root that is not trusted, sent and not sent")
    func unknownRoot() async throws {
        let other = try TestAuthority(in: folder, name: "other")
        let identity = try other.issue("graylog")
        try await expect(
            "the issuer of Graylog's certificate (serial 01) is missing: Graylog does not send the certificate of "
                + "other",
            of: identity)
        try await expect(
            "Graylog's chain ends at the authority other (serial F0), which is not in tls.ca",
            of: other.chain(identity, other.certificate))
        // The authority's own certificate as Graylog's.
        let own = TestAuthority.Identity(certificate: other.certificate, key: other.key)
        try await expect("Graylog's certificate (serial F0) is self-signed and not in tls.ca", of: own)
    }

    @Test("tls.ca with an intermediate and without its root")
    func noRoot() async throws {
        let middle = try root.intermediate("middle")
        try await expect(
            "the authority middle in tls.ca is no root, and the certificate of its issuer root is not there",
            of: middle.issue("graylog"), trusting: middle.certificate)
    }

    @Test("an authority of the same name with another key")
    func namesake() async throws {
        let elsewhere = try TemporaryFolder()
        defer { withExtendedLifetime(elsewhere) {} }
        let impostor = try TestAuthority(in: elsewhere, name: "root")
        let reason = try await impostor.issue("graylog").refusal(
            by: TLSCredentials(TLSConfiguration(ca: root.certificate)))
        // From 3.2 on openssl(1) writes the identifier of the issuer's key into a certificate.
        let expected = [
            "TLS: the issuer of Graylog's certificate (serial 01) is not known: the certificate of root in tls.ca has "
                + "another key",
            "TLS: Graylog's certificate (serial 01) is rejected, and the TLS library does not say why: issuers, purposes "
                + "and dates are right, so it may be a signature",
        ]
        #expect(expected.contains(reason ?? ""), "\(reason ?? "accepted")")
    }

    @Test("the dates of Graylog's certificate")
    func dates() async throws {
        try await expect(
            "Graylog's certificate (serial 01) expired on 2021-01-01 00:00:00 UTC, and here it is ",
            of: root.issue("graylog", term: .past))
        try await expect(
            "Graylog's certificate (serial 02) is not valid before 2098-01-01 00:00:00 UTC, and here it is ",
            of: root.issue("future", term: .future))
    }
}
