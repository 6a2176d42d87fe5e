// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Certificate facts")
struct CertificateFactsTests {
    private static let term = CertificateTerm(
        serialNumber: "01", notBefore: Timestamp(milliseconds: 0), notAfter: Timestamp(milliseconds: 1_000))

    @Test("are read from DER")
    func facts() throws {
        let facts = try #require(CertificateFacts(der: RSAKeySizeTests.p256, term: Self.term))
        #expect(facts.subjectName == "a")
        #expect(facts.issuerName == "a")
        #expect(facts.subject == facts.issuer)
        #expect(facts.serialNumber == "01")
    }

    @Test("a self-signed certificate that is not trusted, that is, and one that has ended")
    func diagnosis() throws {
        let facts = try #require(CertificateFacts(der: RSAKeySizeTests.p256, term: Self.term))
        func reason(_ authorities: [CertificateFacts]?, at milliseconds: Int64) -> String {
            ChainDiagnosis(chain: [facts], authorities: authorities, setting: "tls.ca", isSystem: false)
                .reason(at: Timestamp(milliseconds: milliseconds))
        }
        #expect(reason([], at: 0) == "TLS: Graylog's certificate (serial 01) is self-signed and not in tls.ca")
        #expect(reason([facts], at: 0).hasPrefix("TLS: Graylog's certificate (serial 01) is rejected, and the TLS"))
        #expect(reason([facts], at: 2_000).hasPrefix("TLS: the authority a (serial 01) in tls.ca expired on 1970"))
        // Which authorities are trusted is not known.
        #expect(reason(nil, at: 2_000).hasPrefix("TLS: Graylog's certificate (serial 01) expired on 1970-01-01"))
        let nothing = ChainDiagnosis(chain: [], authorities: [facts], setting: "tls.ca", isSystem: false)
        #expect(nothing.reason(at: .init(milliseconds: 0)).contains("the reason is unknown"))
    }

    @Test("a certificate that is cut anywhere, or has any byte changed, is read without harm")
    func damaged() {
        for certificate in [RSAKeySizeTests.rsa512, RSAKeySizeTests.p256] {
            for index in certificate.indices {
                #expect(CertificateFacts(der: Array(certificate[..<index]), term: Self.term) == nil)
                for value in [0, 0x30, 0x7F, 0x80, 0x84, 0xFF] as [UInt8] {
                    var damaged = certificate
                    damaged[index] = value
                    guard let facts = CertificateFacts(der: damaged, term: Self.term) else { continue }
                    let chain = ChainDiagnosis(
                        chain: [facts, facts], authorities: [facts], setting: "tls.ca", isSystem: false)
                    let reason = chain.reason(at: Timestamp(milliseconds: 0))
                    #expect(reason.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(reason)")
                    _ = BinaryForm(damaged)
                }
            }
        }
    }
}
