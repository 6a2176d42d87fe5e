// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Peer identity")
struct PeerIdentityTests {
    private static let address: [UInt8] = [127, 0, 0, 1]

    @Test(
        "a name is compared with DNS names, label by label",
        arguments: [
            ("graylog.test", "graylog.test", true), ("GRAYLOG.test", "graylog.TEST", true),
            ("graylog", "graylog", true),
            ("graylog.test.", "graylog.test", true), ("graylog.test", "graylog.test.", false),
            ("graylog.test", "graylog.test.example", false), ("graylog.test", "test", false),
            ("graylog.test", "xgraylog.test", false), ("graylog.test", "graylog-test", false),
            // A wildcard.
            ("a.graylog.test", "*.graylog.test", true), ("A.Graylog.Test", "*.graylog.test", true),
            ("xn--bcher-kva.graylog.test", "*.graylog.test", true), ("a.b.graylog.test", "*.graylog.test", false),
            ("graylog.test", "*.graylog.test", false), (".graylog.test", "*.graylog.test", false),
            ("graylog.test", "*.test", false), ("graylog", "*", false), ("graylog.test", "*", false),
            ("graylog.test", "*.*", false), ("a.graylog.test", "*.*.test", false), ("a.b.c", "a.*.c", false),
            ("ab.graylog.test", "a*.graylog.test", false), ("ab.graylog.test", "*b.graylog.test", false),
            ("a.graylog.test", "**.graylog.test", false), ("xn--a.graylog.test", "xn--*.graylog.test", false),
            // Internationalised names and others.
            ("xn--bcher-kva.test", "XN--BCHER-KVA.test", true), ("xn--bcher-kva.test", "bücher.test", false),
            ("graylog.test", "graylog.test\0.evil.test", false), ("kelvin.test", "\u{212A}elvin.test", false),
            ("graylog.test", "", false), ("graylog.test", "graylog..test", false), ("", "", false),
        ] as [(String, String, Bool)])
    func names(expected: String, carried: String, isCarried: Bool) {
        let certificate = CertificateNames(names: [carried], addresses: [])
        #expect(PeerIdentity.name(expected).isCarried(by: certificate) == isCarried)
    }

    @Test("one of several names is enough")
    func severalNames() {
        let certificate = CertificateNames(names: ["other.test", "graylog.test"], addresses: [])
        #expect(PeerIdentity.name("graylog.test").isCarried(by: certificate))
    }

    @Test("a name is no address, and an address no name")
    func kinds() {
        let certificate = CertificateNames(names: ["127.0.0.1"], addresses: [[10, 0, 0, 1], Self.address])
        #expect(PeerIdentity.address(Self.address).isCarried(by: certificate))
        #expect(!PeerIdentity.name("graylog.test").isCarried(by: certificate))
        let named = CertificateNames(names: ["127.0.0.1", "*"], addresses: [])
        #expect(!PeerIdentity.address(Self.address).isCarried(by: named))
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + Self.address
        #expect(!PeerIdentity.address(mapped).isCarried(by: certificate))
    }

    @Test("the names of a certificate are shown, so many of them, and nothing that moves a cursor")
    func text() {
        let v6: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
        let some = CertificateNames(names: ["a.test", "\u{1B}[31m"], addresses: [Self.address, v6])
        #expect(some.text == "a.test, \\x1B[31m, 127.0.0.1, fe80:0:0:0:0:0:0:1")
        #expect(CertificateNames(names: [], addresses: []).text == "no name and no address (subjectAltName)")
        let limit = CertificateNames.shownLimit
        let many = CertificateNames(names: Array(repeating: "a", count: limit), addresses: [Self.address])
        #expect(many.text == Array(repeating: "a", count: limit).joined(separator: ", ") + " and 1 more")
        let long = CertificateNames(names: [String(repeating: "a", count: 1000)], addresses: [])
        #expect(long.text.count == CertificateNames.textLimit)
    }
}
