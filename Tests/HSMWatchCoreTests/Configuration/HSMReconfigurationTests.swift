// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("What a changed HSM reconnects for")
struct HSMReconfigurationTests {
    private static let old = HSMConfiguration(
        name: "khi-1", address: HostPort(host: "HSM-1.example.net", port: 9010), queryPorts: [9010])

    private static func change(_ edit: (inout HSMConfiguration) -> Void) -> HSMReconfiguration {
        var new = old
        edit(&new)
        return HSMReconfiguration(from: old, to: new)
    }

    @Test("what judges, labels or times leaves the connection")
    func judgement() {
        #expect(Self.change { $0.alert.critical = .absolute(7) } == .judgement)
        #expect(Self.change { $0.alert.raiseAfterFailures = 7 } == .judgement)
        #expect(Self.change { $0.forecast.window = .seconds(60) } == .judgement)
        #expect(Self.change { $0.fields = [Field(name: "site", value: "east")] } == .judgement)
        #expect(Self.change { $0.interval = .seconds(60) } == .judgement)
        #expect(Self.change { $0.timeout = .seconds(1) } == .judgement)
        #expect(Self.change { $0.address.host = "hsm-1.example.net" } == .judgement)
    }

    @Test("another way to ask replaces the connection")
    func wire() {
        #expect(Self.change { $0.connection = .perProbe } == .wire)
        #expect(Self.change { $0.lineEnding = .crlf } == .wire)
        #expect(Self.change { $0.queryPorts = [9010, 9011] } == .wire)
    }

    @Test("a changed address counts as a new HSM")
    func address() {
        #expect(Self.change { $0.address.port = 9011 } == .address)
        #expect(Self.change { $0.address.host = "10.10.5.6" } == .address)
    }
}
