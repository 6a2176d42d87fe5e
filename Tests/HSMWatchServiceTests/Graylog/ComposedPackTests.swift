// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import Testing

@Suite("hsmwatch's content pack at a Graylog")
struct ComposedPackTests {
    /// What packs are made for: one HSM or many, query ports, TLS or none, warnings, forecasts, several instances.
    private static let packs: [(name: String, configurations: [Configuration])] = [
        ("one HSM", [configuration([hsm("khi-1")])]),
        ("many HSMs", [configuration((1...40).map { hsm("khi-\($0)") })]),
        ("query ports", [configuration([hsm("khi-1", queryPorts: [9010, 9011])])]),
        (
            "thresholds and a forecast",
            [
                configuration([
                    hsm("khi-1", warning: .absolute(100)), hsm("lhe-1", warning: .percent(20), foresees: true),
                ])
            ]
        ),
        (
            "TLS on both sides",
            [configuration([hsm("khi-1")], tls: TLSConfiguration(ca: "ca", certificate: "c", key: "k"))]
        ),
        ("another transport", [configuration([hsm("khi-1")], kind: .gelfHTTP)]),
        ("several instances", [configuration([hsm("khi-1")]), configuration([hsm("lhe-1")], source: "monitor-2")]),
    ]

    private static func hsm(
        _ name: String, queryPorts: [UInt16] = [], warning: Threshold? = nil, foresees: Bool = false
    ) -> HSMConfiguration {
        HSMConfiguration(
            name: name, address: HostPort(host: "10.10.5.6", port: 9010), queryPorts: queryPorts,
            alert: AlertConfiguration(warning: warning),
            forecast: ForecastConfiguration(warnWithin: foresees ? .seconds(600) : nil))
    }

    private static func configuration(
        _ hsms: [HSMConfiguration], source: String = "monitor-1", kind: OutputKind = .gelfTCP,
        tls: TLSConfiguration? = nil
    ) -> Configuration {
        let endpoint = HostPort(host: "graylog.example.net", port: 12_201)
        return Configuration(
            source: source, hsms: hsms,
            outputs: [OutputConfiguration(name: "graylog", kind: kind, endpoints: [endpoint], tls: tls)])
    }

    private static func pack(_ configurations: [Configuration]) throws -> JSONValue {
        let options = try ContentPackOptions(recipients: ["soc@bank.example"], webhook: "https://soc.bank.example/hsm")
        return try SamplePack.json(
            String(decoding: ContentPack(configurations, options).json(revision: 1), as: UTF8.self))
    }

    @Test("is taken as it is meant, whatever it is made for", arguments: GraylogVersion.examined)
    func rules(version: GraylogVersion) throws {
        for (name, configurations) in Self.packs {
            let violations = ContentPackRules.violations(in: try Self.pack(configurations), for: version)
            #expect(violations.map { "\($0)" } == [], "\(name)")
        }
    }

    @Test("names only fields that messages have, and computes only with numbers")
    func fields() throws {
        let names = Set(MessageField.all.map(\.name) + ["timestamp", "source", "message", "level"])
        let numbers = Set(MessageField.numeric.map(\.name) + ["level"])
        for (name, configurations) in Self.packs {
            let uses = ContentPackRules.fieldUses(in: try Self.pack(configurations))
            #expect(uses.count > 100, "\(name)")
            #expect(uses.filter { !names.contains($0.field) } == [], "\(name)")
            #expect(uses.filter { $0.needsNumber && !numbers.contains($0.field) } == [], "\(name)")
        }
    }

    /// The contract's section 7.
    @Test("looks only for values that messages have")
    func values() throws {
        let known: [String: Set<String>] = [
            "event_source": ["hsmwatch"],
            "event_type": ["reading", "probe_failure", "state_change", "heartbeat", "service"],
            "state": ["ok", "warning", "critical", "unreachable", "unknown"],
            "previous_state": ["ok", "warning", "critical", "unreachable", "unknown"],
            "failure": ["dns", "refused", "unreachable", "timeout", "no_reply", "closed", "hsm_error", "malformed"],
            "action": [
                "started", "reloaded", "reload_failed", "stopping", "messages_dropped", "output_down", "output_up",
            ],
        ]
        for (name, configurations) in Self.packs {
            for use in ContentPackRules.fieldUses(in: try Self.pack(configurations)) {
                let values: [String] =
                    switch use.use {
                    case .query(let values): values
                    case .rule(let value): [value]
                    default: []
                    }
                guard let allowed = known[use.field] else { continue }
                #expect(allowed.isSuperset(of: values), "\(name): \(use)")
            }
        }
    }
}
