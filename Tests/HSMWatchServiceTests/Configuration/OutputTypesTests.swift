// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import TestSupport
import Testing

@Suite("Types of outputs in a configuration")
struct OutputTypesTests {
    private static let head = "hsms: [{name: a, address: \"192.0.2.1:9010\"}]\noutputs:\n"

    private static func read(_ outputs: String...) -> (Configuration?, [String]) {
        let yaml =
            head + outputs.map { "  - {name: \($0.prefix(3)), endpoints: [\"g:1\"], \($0.dropFirst(3))}\n" }.joined()
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        return (configuration, problems.map(\.message))
    }

    @Test("what is not written has its default, for every type", arguments: OutputKind.allCases)
    func defaults(kind: OutputKind) throws {
        let output = try #require(Self.read("one type: \(kind.rawValue)").0?.outputs.first)
        #expect(
            output == OutputConfiguration(name: "one", kind: kind, endpoints: [HostPort(host: "g", port: 1)]))
        #expect(output.events.count == 5)
        #expect(output.kinds == .all)
        #expect(output.datagramSize == 1420)
        #expect(output.http.path == "/gelf")
        #expect(!output.http.isBulk)
        #expect(output.syslog.facility == .local7)
    }

    @Test("all keys of a type are read")
    func keys() throws {
        let outputs = try #require(
            Self.read(
                "udp type: gelf-udp, datagram_size: 512, events: [state_change, service]",
                "htt type: gelf-http, path: /a/gelf, bulk: on, proxy: \"proxy:3128\", tls: {}",
                "sys type: syslog-tcp, format: legacy, facility: auth, app_name: hsm-conns, confirm: 1s"
            ).0?.outputs)
        #expect(outputs[0].datagramSize == 512)
        #expect(outputs[0].events == [.stateChange, .service])
        #expect(outputs[0].kinds == [.stateChange, .reminder, .service])
        #expect(
            outputs[1].http
                == HTTPConfiguration(path: "/a/gelf", isBulk: true, proxy: HostPort(host: "proxy", port: 3128)))
        #expect(outputs[1].tls == TLSConfiguration())
        #expect(outputs[2].syslog == SyslogConfiguration(format: .legacy, facility: .auth, appName: "hsm-conns"))
        #expect(outputs[2].confirm == .seconds(1))
    }

    @Test("reminders come with changes of state: they cannot be chosen alone, and go nowhere else")
    func reminders() throws {
        let refused = Self.read("one type: gelf-tcp, events: [service, reminder]")
        #expect(refused.0 == nil)
        #expect(
            refused.1 == [
                "outputs[0].events[1]: unknown 'reminder': an output that gets state_change gets reminders, too "
                    + "(allowed: reading, probe_failure, heartbeat, service, state_change)"
            ])
        let output = try #require(Self.read("one type: gelf-tcp, events: [service, heartbeat]").0?.outputs.first)
        #expect(output.kinds == [.service, .heartbeat])
    }

    @Test("what is known of a delivered message follows from the type")
    func confirmation() throws {
        let outputs = try #require(
            Self.read(
                "one type: gelf-tcp", "two type: syslog-tcp, confirm: off", "thr type: gelf-http", "fou type: gelf-udp",
                "fiv type: syslog-udp"
            ).0?.outputs)
        #expect(outputs.map(\.confirmation) == [.read, .acknowledged, .answered, .sent, .sent])
    }

    @Test("a kind of event that no output gets is warned of, once")
    func unsent() {
        let (configuration, problems) = Self.read(
            "one type: gelf-tcp, events: [reading, state_change]", "two type: gelf-tcp, events: [state_change, service]"
        )
        #expect(configuration != nil)
        #expect(problems == ["outputs: no output gets these events: probe_failure, heartbeat"])
    }

    @Test("the type of UDP says in check what it cannot", arguments: ["gelf-udp", "syslog-udp"])
    func sent(type: String) {
        let (configuration, problems) = Self.read("one type: \(type)")
        #expect(configuration != nil)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("what was sent counts as delivered") == true)
    }

    @Test("the format legacy warns that it cannot feed Graylog's alerts, and rfc5424 does not")
    func alertsOfLegacy() {
        let (configuration, problems) = Self.read("one type: syslog-tcp, format: legacy")
        #expect(configuration != nil)
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("outputs[0].format: legacy has no fields: Graylog's alerts") == true)
        #expect(Self.read("one type: syslog-tcp, format: rfc5424").1 == [])
    }

    @Test("behind a proxy Graylog's certificate is checked by a name")
    func proxy() {
        let http = "one type: gelf-http, proxy: \"p:3128\""
        #expect(Self.read("\(http), tls: {}").0 != nil)
        #expect(Self.read(http).0 != nil)
        let yaml = { (tls: String) in
            Self.head
                + "  - {name: a, type: gelf-http, endpoints: [\"10.0.0.1:443\"], proxy: \"p:3128\", tls: \(tls)}\n"
        }
        let (refused, problems) = ConfigurationFile.read(yaml("{}").utf8)
        #expect(refused == nil)
        #expect(problems.map(\.message).first?.contains("10.0.0.1:443 has none; allowed: a host name") == true)
        #expect(ConfigurationFile.read(yaml("{server_name: graylog.test}").utf8).configuration != nil)
    }

    @Test("what loses messages or a secret on its own account is warned of")
    func warnings() throws {
        #expect(Self.read("one type: gelf-http, bulk: on").1.first?.contains("enable_bulk_receiving") == true)
        let folder = try TemporaryFolder()
        let token = folder.path + "/token"
        try Array("x".utf8).write(to: token)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: token)
        let plain = "one type: gelf-http, authorization: {file: \"\(token)\"}"
        #expect(Self.read(plain).1 == ["outputs[0].authorization: is sent in clear text without tls"])
        #expect(Self.read(plain + ", tls: {}").1.isEmpty)
        let (configuration, problems) = Self.read("one type: gelf-udp, confirm: 7s")
        #expect(problems.contains("outputs[0].confirm: has no effect with type gelf-udp"))
        // What has no effect changes nothing either.
        #expect(configuration?.outputs.first?.confirm == OutputConfiguration.defaultConfirm)
    }

    @Test("a field's name is short enough for syslog's parameters, or the format is the old one")
    func names() {
        let name = String(repeating: "x", count: 33)
        let hsms =
            "hsms: [{name: a, address: \"a:1\", fields: {\(name): x}}]\noutputs: [{name: b, endpoints: [\"b:1\"], "
        for (type, isValid) in [
            ("gelf-tcp", true), ("syslog-tcp", false), ("syslog-tcp, format: legacy", true), ("syslog-udp", false),
        ] {
            let (configuration, _) = ConfigurationFile.read("\(hsms)type: \(type)}]".utf8)
            #expect((configuration != nil) == isValid)
        }
        let fits = hsms.replacing(name, with: name.dropLast())
        #expect(ConfigurationFile.read("\(fits)type: syslog-tcp}]".utf8).configuration != nil)
    }
}
