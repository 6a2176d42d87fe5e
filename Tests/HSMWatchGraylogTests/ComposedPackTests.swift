// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchSimulation
import TestSupport
import Testing

/// The pack that hsmwatch composes, against the rules of each Graylog and the messages that hsmwatch sends.
@Suite("The content pack of a configuration")
struct ComposedPackTests {
    /// Configurations that make different packs.
    static let packs: [(name: String, configurations: [Configuration])] = {
        func hsm(
            _ name: String, ports: [UInt16] = [], warning: Threshold? = nil, critical: Threshold = .absolute(50),
            warnWithin: Duration? = nil
        ) -> HSMConfiguration {
            HSMConfiguration(
                name: name, address: HostPort(host: "10.10.5.6", port: 9010), queryPorts: ports,
                alert: AlertConfiguration(warning: warning, critical: critical),
                forecast: ForecastConfiguration(warnWithin: warnWithin))
        }
        func configuration(
            _ hsms: [HSMConfiguration], source: String? = nil, kind: OutputKind = .gelfTCP,
            tls: TLSConfiguration? = nil, events: Set<Event.Kind> = Set(Event.Kind.allCases)
        ) -> Configuration {
            let endpoint = HostPort(host: "10.10.5.7", port: 12_201)
            return Configuration(
                source: source, hsms: hsms,
                outputs: [
                    OutputConfiguration(name: "graylog", kind: kind, endpoints: [endpoint], tls: tls, events: events)
                ])
        }
        let many = (0...1000).map { hsm("hsm-\($0)") }
        return [
            ("one HSM", [configuration([hsm("khi-1")])]),
            (
                "everything",
                [
                    configuration(
                        [
                            hsm("khi-1", ports: [9010], warning: .absolute(100), warnWithin: .seconds(600)),
                            hsm("khi-2", warning: .percent(40), critical: .percent(20)),
                            hsm("lhe-1", critical: .absolute(10)),
                        ], source: "monitor \"1\" ${x}", tls: TLSConfiguration(certificate: "c", key: "k"))
                ]
            ),
            ("TLS alone", [configuration([hsm("khi-1")], tls: TLSConfiguration())]),
            ("GELF over UDP", [configuration([hsm("khi-1")], kind: .gelfUDP)]),
            ("GELF over HTTP", [configuration([hsm("khi-1")], kind: .gelfHTTP, tls: TLSConfiguration())]),
            ("syslog over TCP", [configuration([hsm("khi-1")], kind: .syslogTCP, tls: TLSConfiguration())]),
            ("syslog over UDP", [configuration([hsm("khi-1")], kind: .syslogUDP)]),
            ("changes of state alone", [configuration([hsm("khi-1")], events: [.stateChange])]),
            ("many HSMs", [configuration(many)]),
            ("several instances", [configuration([hsm("khi-1")]), configuration([hsm("lhe-1")], source: "monitor-2")]),
        ]
    }()

    private static func pack(_ configurations: [Configuration]) throws -> JSONValue {
        var parser = JSONParser(try ContentPack(configurations, ContentPackOptions()).json(revision: 1))
        return try parser.value()
    }

    @Test(
        "is what each Graylog takes", arguments: Self.packs.map(\.name), GraylogVersion.examined)
    func rules(name: String, version: GraylogVersion) throws {
        let configurations = try #require(Self.packs.first { $0.name == name }).configurations
        let violations = ContentPackRules.violations(in: try Self.pack(configurations), for: version)
        #expect(violations.isEmpty, "\(violations.prefix(20).map(\.description).joined(separator: "\n"))")
    }

    @Test(
        "names only fields that a message has, of the type that is needed there",
        arguments: Self.packs.map(\.name))
    func fields(name: String) throws {
        let configurations = try #require(Self.packs.first { $0.name == name }).configurations
        let sent = try Self.sentFields()
        let uses = ContentPackRules.fieldUses(in: try Self.pack(configurations))
        #expect(!uses.isEmpty)
        for use in uses {
            let types = try #require(sent[use.field], "\(use)")
            if use.needsNumber { #expect(types.isSubset(of: ["long", "double"]), "\(use): \(types)") }
            #expect(types.count == 1, "\(use): \(types)")
        }
    }

    @Test("shows 0 nowhere when nothing is heard: a number that is missing is no number")
    func silence() throws {
        let entities = try Self.pack(Self.packs[0].configurations)["entities"]?.elements ?? []
        let dashboard = try #require(entities.first { $0["type"]?["name"] == "dashboard" }?["data"]?["state"])
        let widgets = dashboard.names.flatMap { dashboard[$0]?["widgets"]?.elements ?? [] }
        let numbers = widgets.filter { $0["config"]?["visualization"] == "numeric" }
        #expect(numbers.count == 8)
        for number in numbers {
            let function = try #require(number["config"]?["series"]?.elements.first?["function"]?.string)
            #expect(NumberTile.text(function, over: []) == "N/A", "\(function)")
        }
    }

    @Test("looks only for values that a message may have", arguments: Self.packs.map(\.name))
    func values(name: String) throws {
        let configurations = try #require(Self.packs.first { $0.name == name }).configurations
        let allowed: [String: Set<String>] = [
            "event_source": ["hsmwatch"],
            "event_type": Set(Event.Kind.allCases.map(\.name)).union(["reminder"]),
            "state": Set(HSMState.allCases.map(\.rawValue)),
            "previous_state": Set(HSMState.allCases.map(\.rawValue)),
        ]
        for use in ContentPackRules.fieldUses(in: try Self.pack(configurations)) {
            let values: [String] =
                switch use.use {
                case .query(let values): values
                case .rule(let value): [value]
                default: []
                }
            guard let allowed = allowed[use.field] else { continue }
            #expect(allowed.isSuperset(of: values), "\(use)")
        }
    }

    /// The fields of the golden messages as Graylog stores them, with the types that they have there.
    private static func sentFields() throws -> [String: Set<String>] {
        let folder = Page.project.appending(path: "Tests/HSMWatchCoreTests/Golden")
        var fields: [String: Set<String>] = [:]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let frame = Array(try Data(contentsOf: file))
            guard case .stored(let message) = GELFRules.decode(frame, from: "127.0.0.1", at: Timestamp(milliseconds: 1))
            else {
                Issue.record("\(file.lastPathComponent) is not stored")
                continue
            }
            for (name, value) in message.fields {
                let type =
                    switch value {
                    case .long: "long"
                    case .double: "double"
                    case .string: "string"
                    }
                fields[name, default: []].insert(type)
            }
        }
        return fields
    }
}
