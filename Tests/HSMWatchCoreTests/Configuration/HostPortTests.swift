// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Host and port")
struct HostPortTests {
    static let longLabel = String(repeating: "a", count: ConfigurationLimits.hostLabelLength)
    /// 253 characters: three labels of 63 and one of 61, with their dots.
    static let longName = [longLabel, longLabel, longLabel, String(longLabel.dropLast(2))].joined(separator: ".")

    @Test(
        "reads an address, a bracketed IPv6 address or a name, and writes it back as it was",
        arguments: [
            ("10.10.5.6:9010", "10.10.5.6", 9010),
            ("0.0.0.0:1", "0.0.0.0", 1),
            ("255.255.255.255:65535", "255.255.255.255", 65_535),
            ("[::1]:9010", "::1", 9010),
            ("[::]:9010", "::", 9010),
            ("[2001:db8::7]:12201", "2001:db8::7", 12_201),
            ("[1:2:3:4:5:6:7:8]:1", "1:2:3:4:5:6:7:8", 1),
            ("[1:2:3:4:5:6:7::]:1", "1:2:3:4:5:6:7::", 1),
            ("[::ffff:10.10.5.6]:1", "::ffff:10.10.5.6", 1),
            ("[1:2:3:4:5:6:10.10.5.6]:1", "1:2:3:4:5:6:10.10.5.6", 1),
            ("[2001:DB8::A]:1", "2001:DB8::A", 1),
            ("localhost:80", "localhost", 80),
            ("HSM-1.example.net:9010", "HSM-1.example.net", 9010),
            ("3com.example:80", "3com.example", 80),
            ("\(longName):80", longName, 80),
        ] as [(String, String, UInt16)])
    func reads(text: String, host: String, port: UInt16) throws {
        let address = try HostPort(parsing: text)
        #expect(address == HostPort(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(
        "says what is wrong with anything else and what is allowed",
        arguments: [
            ("", "'' has no port; allowed: host:port or [v6]:port, e.g. 10.10.5.6:9010"),
            ("hsm-1", "'hsm-1' has no port; allowed: host:port or [v6]:port, e.g. 10.10.5.6:9010"),
            ("hsm-1:", "'' is not a port; allowed: 1 … 65535"),
            ("hsm-1:0", "'0' is not a port; allowed: 1 … 65535"),
            ("hsm-1:65536", "'65536' is not a port; allowed: 1 … 65535"),
            ("hsm-1:-1", "'-1' is not a port; allowed: 1 … 65535"),
            ("hsm-1:080", "'080' is not a port; allowed: 1 … 65535"),
            ("hsm-1:９", "'９' is not a port; allowed: 1 … 65535"),
            ("hsm-1:80 ", "'80 ' is not a port; allowed: 1 … 65535"),
            ("10.10.5:80", "'10.10.5' is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"),
            (
                "10.10.5.256:80",
                "'10.10.5.256' is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"
            ),
            (
                "010.10.5.6:80",
                "'010.10.5.6' is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"
            ),
            ("9010:80", "'9010' is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"),
            (
                "::1:9010",
                "'::1:9010' has more than one colon; allowed: host:port or [v6]:port, e.g. [2001:db8::7]:9010"
            ),
            ("[]:80", "'' is not an IPv6 address; allowed: [v6]:port, e.g. [2001:db8::7]:9010"),
            ("[hsm-1]:80", "'hsm-1' is not an IPv6 address; allowed: [v6]:port, e.g. [2001:db8::7]:9010"),
            ("[10.10.5.6]:80", "'10.10.5.6' is not an IPv6 address; allowed: [v6]:port, e.g. [2001:db8::7]:9010"),
        ])
    func refuses(text: String, message: String) {
        #expect(throws: InvalidText(message)) { try HostPort(parsing: text) }
    }

    @Test(
        "knows a broken IPv6 address",
        arguments: [
            ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "1:",
            ":1", "::1%eth0", "::10.10.5", "::10.10.5.06", "10.10.5.6::", "1:2:3:4:5:6:7:10.10.5.6", "::1 ",
        ])
    func refusesIPv6(text: String) {
        #expect(throws: InvalidText.self) { try HostPort(parsing: "[\(text)]:9010") }
    }

    @Test(
        "knows a broken host name",
        arguments: [
            "", " ", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "zürich", "a/b", "a\nb", "a\u{0}b",
            longLabel + "a", longName + "a",
        ])
    func refusesName(text: String) {
        #expect(throws: InvalidText.self) { try HostPort(parsing: "\(text):9010") }
    }

    @Test("a listener may ask for port 0, any free one")
    func allowsPortZero() throws {
        #expect(try HostPort(parsing: "127.0.0.1:0", ports: 0...65_535) == HostPort(host: "127.0.0.1", port: 0))
    }
}
