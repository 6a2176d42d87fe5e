// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("A printed configuration")
struct ConfigurationRoundTripTests {
    static let texts = [
        "khi", "null", "true", "12", "1e3", "0x1f", "2026-01-01", "a: b", "a #b", "- a", "? a", "[a]", "{a}", "!a",
        "&a",
        "*a", "%a", "@a", "`a`", "|", ">", " a ", "'a'", #""a""#, #"\"#, #"\n"#, "Zürich", "日本", "👩‍👩‍👧", "e\u{301}",
        "a\u{A0}b", "a\u{E000}b", "a\u{FFFF}b", "~", "=", "<<",
    ]
    static let names = ["a", "null", "NO", "12", "1e3", "-", ".", "...", "---", "_", "A.b_c-9", "on"]

    static let configurations: [Configuration] = {
        let hsm = HSMConfiguration(name: "a", address: HostPort(host: "a", port: 1))
        let output = OutputConfiguration(name: "b", endpoints: [HostPort(host: "b", port: 1)])
        let base = Configuration(hsms: [hsm], outputs: [output])
        let changes: [(inout Configuration) -> Void] = [
            { _ in },
            { $0.hsms = names.map { HSMConfiguration(name: $0, address: HostPort(host: "h", port: 1)) } },
            { $0.outputs = names.map { OutputConfiguration(name: $0, endpoints: [HostPort(host: "::2", port: 9)]) } },
            { $0.hsms[0].fields = texts.prefix(32).enumerated().map { Field(name: "f\($0)", value: $1) } },
            { $0.hsms[0].fields = texts.suffix(32).enumerated().map { Field(name: "f\($0)", value: $1) } },
            { $0.hsms[0].fields = ["on", "12", "-", ".a", "a.b", "A"].map { Field(name: $0, value: "x") } },
            { $0.hsms[0].address = HostPort(host: "2001:db8::7", port: 65_535) },
            { $0.hsms[0].address = HostPort(host: "10.10.5.6", port: 9010) },
            { $0.hsms[0].address = HostPort(host: "fe80::1%eth0", port: 9010) },
            { $0.hsms[0].address = HostPort(host: "HSM_1.example.net.", port: 9010) },
            { $0.hsms[0].queryPorts = [1, 65_535] },
            { ($0.hsms[0].interval, $0.hsms[0].timeout) = (.milliseconds(100), .milliseconds(100)) },
            { $0.hsms[0].interval = .seconds(86_400) },
            { $0.hsms[0].timeout = .milliseconds(1) },
            { $0.hsms[0].timeout = .milliseconds(4999) },
            { $0.hsms[0].connection = .perProbe },
            { $0.hsms[0].lineEnding = .crlf },
            { $0.hsms[0].lineEnding = .none },
            { $0.hsms[0].alert.warning = .percent(1) },
            { $0.hsms[0].alert.warning = .absolute(9_999_999_999) },
            { $0.hsms[0].alert.critical = .percent(100) },
            { $0.hsms[0].alert.critical = .absolute(0) },
            { $0.hsms[0].alert.raiseAfter = 1000 },
            { $0.hsms[0].alert.raiseAfterFailures = 1000 },
            { $0.hsms[0].alert.clearAfter = 1000 },
            { $0.hsms[0].alert.clearMargin = 0 },
            { $0.hsms[0].forecast.window = .seconds(61) },
            { $0.hsms[0].forecast.warnWithin = nil },
            { $0.hsms[0].forecast.warnWithin = .seconds(1) },
            { $0.hsms[0].forecast.warnWithin = .seconds(86_400) },
            { $0.outputs[0].endpoints.append(HostPort(host: "::1", port: 1)) },
            { $0.outputs[0].confirm = .milliseconds(1001) },
            { $0.heartbeat = .seconds(61) },
            { $0.spool = SpoolConfiguration(maxSize: 1 << 16, maxAge: .seconds(60)) },
            { $0.spool = SpoolConfiguration(maxSize: 1 << 40, maxAge: .seconds(3650 * 86_400)) },
        ]
        let sources = texts.map { text in { (configuration: inout Configuration) in configuration.source = text } }
        return (changes + sources).map { change in
            var configuration = base
            change(&configuration)
            return configuration
        }
    }()

    @Test("reads back as an equal one", arguments: configurations.indices)
    func readsBack(index: Int) {
        let printed = ConfigurationPrinter.yaml(Self.configurations[index])
        let (configuration, problems) = ConfigurationFile.read(printed.utf8)
        #expect(problems.filter { $0.severity == .error }.isEmpty, "\(problems)\n\(printed)")
        #expect(configuration == Self.configurations[index], "\(printed)")
    }
}
