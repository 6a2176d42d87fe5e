// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Command ports of HSMs")
struct CommandPortsTests {
    private static func hsm(_ name: String, _ address: String, ports: [UInt16] = []) throws -> HSMConfiguration {
        HSMConfiguration(name: name, address: try HostPort(parsing: address), queryPorts: ports)
    }

    private static func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress(host: $0) } }

    @Test(
        "one place is recognised in every spelling",
        arguments: [
            ("10.10.5.6:9010", "10.10.5.6:9010"), ("10.10.5.6:9010", "[::ffff:10.10.5.6]:9010"),
            ("[::ffff:a0a:506]:9010", "10.10.5.6:9010"), ("[2001:db8::7]:9010", "[2001:DB8:0:0:0:0:0:7]:9010"),
            ("HSM-1.example.net:9010", "hsm-1.EXAMPLE.net.:9010"), ("127.0.0.1:9010", "localhost:9010"),
            ("LocalHost.:9010", "[::1]:9010"), ("[fe80::1%eth0]:9010", "[fe80::1%2]:9010"),
            ("hsm_1:9010", "HSM_1:9010"),
        ])
    func spellings(address: String, other: String) throws {
        let ports = CommandPorts([try Self.hsm("khi-1", address)])
        #expect(ports.owner(of: try HostPort(parsing: other)) == "khi-1")
        #expect(ports.owner(of: HostPort(host: try HostPort(parsing: other).host, port: 12_201)) == nil)
    }

    @Test("a query port is a command port of the same host, and another host has none")
    func queryPorts() throws {
        let ports = CommandPorts([try Self.hsm("khi-1", "10.10.5.6:9010", ports: [9010, 9011])])
        #expect(ports.owner(of: HostPort(host: "10.10.5.6", port: 9011)) == "khi-1")
        #expect(ports.owner(of: HostPort(host: "10.10.5.7", port: 9010)) == nil)
        #expect(ports.contains(port: 9011) && !ports.contains(port: 12_201))
    }

    @Test("an address to which a name has led is the HSM's, and so is the one before")
    func names() throws {
        var ports = CommandPorts([try Self.hsm("khi-1", "HSM-1.example.net:9010")])
        let place = HostPort(host: "10.10.5.6", port: 9010)
        #expect(ports.owner(of: place) == nil)
        ports.note("hsm-1.example.net.", leadsTo: Self.addresses("10.10.5.6", "2001:db8::7"), at: .seconds(1))
        #expect(ports.owner(of: place) == "khi-1")
        #expect(ports.owner(of: HostPort(host: "2001:db8::7", port: 9010)) == "khi-1")
        ports.note("hsm-1.example.net", leadsTo: Self.addresses("10.10.5.9"), at: .seconds(2))
        #expect(ports.owner(of: place) == "khi-1")
        #expect(ports.owner(of: HostPort(host: "10.10.5.9", port: 9010)) == "khi-1")
        ports.note("hsm-1.example.net", leadsTo: Self.addresses("10.10.5.8"), at: .seconds(3))
        #expect(ports.owner(of: place) == nil)
        ports.note("graylog.example.net", leadsTo: Self.addresses("10.10.5.10"), at: .seconds(3))
        #expect(ports.owner(of: HostPort(host: "10.10.5.10", port: 9010)) == nil)
    }

    @Test("only names with the port in question are looked up, once a minute")
    func unknownNames() throws {
        let hsms = [
            try Self.hsm("khi-1", "hsm-1:9010"), try Self.hsm("khi-2", "hsm-2:12201"),
            try Self.hsm("khi-3", "10.0.0.1:9010"),
        ]
        var ports = CommandPorts(hsms)
        #expect(ports.unknownNames(of: 9010, at: .seconds(0)) == ["hsm-1"])
        #expect(ports.unknownNames(of: 514, at: .seconds(0)) == [])
        ports.note("hsm-1", leadsTo: Self.addresses("10.0.0.2"), at: .seconds(0))
        #expect(ports.unknownNames(of: 9010, at: .seconds(59)) == [])
        #expect(ports.unknownNames(of: 9010, at: .seconds(60)) == ["hsm-1"])
    }

    @Test("other HSMs replace those before, and what is known of a name that stays is kept")
    func change() throws {
        var ports = CommandPorts([try Self.hsm("khi-1", "hsm-1:9010"), try Self.hsm("khi-2", "hsm-2:9010")])
        ports.note("hsm-1", leadsTo: Self.addresses("10.0.0.1"), at: .seconds(0))
        ports.note("hsm-2", leadsTo: Self.addresses("10.0.0.2"), at: .seconds(0))
        ports.change(to: [try Self.hsm("khi-1", "hsm-1:9010"), try Self.hsm("khi-3", "10.0.0.3:9010")])
        #expect(ports.owner(of: HostPort(host: "10.0.0.1", port: 9010)) == "khi-1")
        #expect(ports.owner(of: HostPort(host: "10.0.0.2", port: 9010)) == nil)
        #expect(ports.owner(of: HostPort(host: "10.0.0.3", port: 9010)) == "khi-3")
    }

    @Test("a name with more addresses than the limit and more names than the limit are cut")
    func limits() throws {
        let hsms = try (0...CommandPorts.lookupLimit).map { try Self.hsm("h\($0)", "hsm-\($0):9010") }
        var ports = CommandPorts(hsms)
        #expect(ports.unknownNames(of: 9010, at: .seconds(0)).count == CommandPorts.lookupLimit)
        let addresses = (0...CommandPorts.addressLimit).compactMap { IPAddress(host: "10.0.0.\($0)") }
        ports.note("hsm-0", leadsTo: addresses, at: .seconds(0))
        #expect(ports.owner(of: HostPort(host: "10.0.0.\(CommandPorts.addressLimit - 1)", port: 9010)) == "h0")
        #expect(ports.owner(of: HostPort(host: "10.0.0.\(CommandPorts.addressLimit)", port: 9010)) == nil)
    }
}
