// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Host and port")
struct HostPortTests {
    static let longLabel = String(repeating: "a", count: ConfigurationLimits.hostLabelLength)
    /// 253 characters: three labels of 63 and one of 61, with their dots.
    static let longName = [longLabel, longLabel, longLabel, String(longLabel.dropLast(2))].joined(separator: ".")

    @Test(
        "reads an address, a bracketed IPv6 address or a name, and writes the same",
        arguments: [
            ("10.10.5.6:9010", "10.10.5.6", 9010),
            ("0.0.0.0:1", "0.0.0.0", 1),
            ("255.255.255.255:65535", "255.255.255.255", 65_535),
            ("[::1]:9010", "::1", 9010),
            ("[::]:9010", "::", 9010),
            ("[2001:db8::7]:12201", "2001:db8::7", 12_201),
            ("[1:2:3:4:5:6:7:8]:1", "1:2:3:4:5:6:7:8", 1),
            ("[fe80::1%eth0]:9010", "fe80::1%eth0", 9010),
            ("[fe80::1%2]:9010", "fe80::1%2", 9010),
            ("hsm-1.example.net.:9010", "hsm-1.example.net.", 9010),
            ("hsm_1:9010", "hsm_1", 9010),
            ("_dmz_.example:9010", "_dmz_.example", 9010),
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
        "an address has one form, however it is written",
        arguments: [
            ("[2001:DB8::A]:1", "[2001:db8::a]:1"), ("[2001:0db8:0:0:0:0:0:7]:1", "[2001:db8::7]:1"),
            ("[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"), ("[1:0:0:4:5:0:0:0]:1", "[1:0:0:4:5::]:1"),
            ("[1:2:3:4:5:6:10.10.5.6]:1", "[1:2:3:4:5:6:a0a:506]:1"), ("[::ffff:10.10.5.6]:1", "10.10.5.6:1"),
            ("[::FFFF:A0A:506]:1", "10.10.5.6:1"), ("[::10.10.5.6]:1", "[::10.10.5.6]:1"),
            ("[1:0:0:2:0:0:3:4]:1", "[1::2:0:0:3:4]:1"), ("[FE80:0::1%eth0]:1", "[fe80::1%eth0]:1"),
            ("[0:0:0:0:0:0:0:1]:1", "[::1]:1"), ("[::0]:1", "[::]:1"),
        ])
    func oneForm(text: String, form: String) throws {
        #expect(try HostPort(parsing: text).description == form)
        #expect(try HostPort(parsing: form).description == form)
    }

    @Test(
        "says why no machine can be reached by an address",
        arguments: [
            ("0.0.0.0:1", "'0.0.0.0' stands for no machine"), ("0.1.2.3:1", "'0.1.2.3' stands for no machine"),
            ("[::]:1", "'::' stands for no machine"), ("[::ffff:0.0.0.0]:1", "'0.0.0.0' stands for no machine"),
            ("224.0.0.1:1", "'224.0.0.1' is a multicast"), ("239.255.255.255:1", "'239.255.255.255' is a multicast"),
            ("[ff02::1]:1", "'ff02::1' is a multicast"), ("255.255.255.255:1", "'255.255.255.255' is the broadcast"),
            ("[fe80::1]:1", "'fe80::1' is an address of every network"),
            ("[febf:ffff::1]:1", "'febf:ffff::1' is an address of every network"),
        ])
    func noDestination(text: String, problem: String) throws {
        _ = try HostPort(parsing: text)
        let error = try #require(throws: InvalidText.self) { try HostPort(destination: text) }
        #expect(error.description.hasPrefix(problem))
    }

    @Test(
        "takes every other address as a destination",
        arguments: [
            "10.10.5.6:1", "127.0.0.1:1", "169.254.1.1:1", "240.0.0.1:1", "[::1]:1", "[fe80::1%eth0]:1", "[fec0::1]:1",
            "[fd00::1]:1", "hsm-1:1",
        ])
    func destination(text: String) throws {
        #expect(try HostPort(destination: text).description == text)
    }

    @Test(
        "takes a zone only from an address of fe80::/10, and only an interface's name",
        arguments: [
            "::1%eth0", "2001:db8::1%eth0", "fe80::1%", "fe80::1%a b", "fe80::1%e%0", "fe80::1%/", "%eth0",
            "fe80::1%abcdefghijklmnop", "ff02::1%eth0", "::ffff:10.10.5.6%eth0",
        ])
    func zones(text: String) {
        #expect(throws: InvalidText.self) { try HostPort(parsing: "[\(text)]:9010") }
    }

    @Test(
        "what the resolver would take for an address in another notation is no name",
        arguments: ["0x7f000001", "127.0.0.0x1", "0X7F.1", "2130706433", "127.1", "10.10.5.6.", "0x", "a.0x1f"])
    func notations(text: String) {
        let problem = "'\(text)' is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"
        #expect(throws: InvalidText(problem)) { try HostPort(parsing: "\(text):9010") }
    }

    @Test("the dot at the end of a name stays for the resolver, and is left out for TLS")
    func root() throws {
        #expect(try HostPort(parsing: "graylog.example.net.:1").host == "graylog.example.net.")
        #expect(HostText.withoutRoot("graylog.example.net.") == "graylog.example.net")
        #expect(HostText.withoutRoot("graylog.example.net") == "graylog.example.net")
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
            "", " ", ".", "a..", ".a", "a..b", "-a", "a-", "a b", "zürich", "a/b", "a\nb", "a\u{0}b",
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
