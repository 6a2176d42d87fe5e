// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("The alerts of a content pack")
struct AlertDefinitionsTests {
    private static func definitions(
        of hsms: [HSMConfiguration], source: String? = nil, heartbeat: Duration = .seconds(60),
        events: Set<Event.Kind> = Set(Event.Kind.allCases)
    ) -> AlertDefinitions {
        let configuration = Configuration(
            source: source, heartbeat: heartbeat, hsms: hsms,
            outputs: [
                OutputConfiguration(
                    name: "graylog", endpoints: [HostPort(host: "10.10.5.7", port: 12_201)], events: events)
            ])
        return AlertDefinitions(scope: PackScope([configuration]), runbook: "https://soc.example.net/runbook")
    }

    private static func hsm(
        _ name: String = "khi-1", interval: Duration = .seconds(5), warning: Threshold? = nil,
        critical: Threshold = .absolute(50), warnWithin: Duration? = nil
    ) -> HSMConfiguration {
        HSMConfiguration(
            name: name, address: HostPort(host: "10.10.5.6", port: 9010), interval: interval,
            alert: AlertConfiguration(warning: warning, critical: critical),
            forecast: ForecastConfiguration(warnWithin: warnWithin))
    }

    private static func named(_ name: String, in definitions: AlertDefinitions) throws -> AlertDefinition {
        try #require(definitions.all.first { $0.name == name }, "\(definitions.all.map(\.name))")
    }

    @Test("compare the lowest number of a minute, of each HSM, with its threshold")
    func below() throws {
        let alert = try Self.named("critical below 50", in: Self.definitions(of: [Self.hsm()]))
        #expect(alert.query == "event_source:hsmwatch AND event_type:reading AND threshold_critical:50")
        #expect(
            alert.condition
                == .init(function: .min, field: "sockets_available", comparison: .below, number: 50))
        #expect(alert.group == ["hsm_name"])
        #expect(alert.window == .seconds(60))
    }

    @Test("have two definitions for each threshold that is a number, and one for the state by any other")
    func thresholds() {
        let definitions = Self.definitions(of: [
            Self.hsm("a", warning: .absolute(100)), Self.hsm("b", critical: .absolute(10)),
            Self.hsm("c", warning: .percent(40), critical: .percent(20)), Self.hsm("d", critical: .absolute(0)),
        ])
        let names = definitions.all.map(\.name).filter { $0.hasPrefix("critical") || $0.hasPrefix("warning") }
        #expect(
            names == [
                "critical below 10", "critical below 50", "critical not below 10", "critical not below 50",
                "critical by state", "warning below 100", "warning not below 100", "warning by state",
            ])
        let byState = definitions.all.first { $0.name == "critical by state" }
        #expect(
            byState?.query == "event_source:hsmwatch AND event_type:reading AND state:critical "
                + "AND NOT threshold_critical:(10 OR 50)")
        let held = definitions.all.first { $0.name == "critical not below 50" }
        #expect(
            held?.query == "event_source:hsmwatch AND event_type:reading AND state:critical AND threshold_critical:50")
    }

    @Test("leave thresholds beyond the limit to the state")
    func manyThresholds() {
        let hsms = (1...PackScope.thresholds + 1).map { Self.hsm("hsm-\($0)", critical: .absolute($0 * 10)) }
        let definitions = Self.definitions(of: hsms)
        #expect(definitions.all.count { $0.name.hasPrefix("critical below") } == PackScope.thresholds)
        #expect(definitions.all.contains { $0.name == "critical by state" })
    }

    @Test("tell an exhaustion that is half an hour away by the nearest forecast of an HSM")
    func forecast() throws {
        let alert = try Self.named("forecast", in: Self.definitions(of: [Self.hsm(warnWithin: .seconds(60))]))
        #expect(
            alert.condition
                == .init(function: .min, field: "exhaustion_seconds", comparison: .below, number: 1800))
    }

    @Test(
        "look for what an HSM says at each probe twice, where it does not say it several times a minute",
        arguments: [(5, 60), (30, 60), (31, 120), (3600, 120)])
    func windows(interval: Int, seconds: Int) throws {
        let definitions = Self.definitions(of: [Self.hsm("a"), Self.hsm("b", interval: .seconds(interval))])
        for name in ["critical below 50", "critical by state", "unreachable", "forecast"] {
            #expect(try Self.named(name, in: definitions).window == .seconds(seconds))
        }
        #expect(
            try Self.named("unknown", in: definitions).window == .seconds(120), "one that is asked every 10 minutes")
    }

    @Test("are none over syslog, in which a number is a text")
    func syslog() {
        let output = OutputConfiguration(
            name: "siem", kind: .syslogTCP, endpoints: [HostPort(host: "10.10.5.7", port: 514)])
        let scope = PackScope([Configuration(hsms: [Self.hsm()], outputs: [output])])
        #expect(AlertDefinitions(scope: scope, runbook: "r").all.isEmpty)
    }

    @Test(
        "hear the silence of an HSM after what passes between two questions, and the pause after a rejected one",
        arguments: [(5, 900), (300, 900), (3600, 10_800)])
    func silence(interval: Int, seconds: Int) throws {
        let definitions = Self.definitions(of: [Self.hsm(interval: .seconds(interval))])
        let alert = try Self.named("silence of HSM khi-1", in: definitions)
        #expect(alert.window == .seconds(seconds))
        #expect(alert.window > ProbeConversation.rejectedPause + .seconds(60))
        #expect(alert.condition == .count(.below, 1))
        #expect(alert.group.isEmpty, "a group that is absent makes no row")
        #expect(alert.streams == .all, "a stream that was just made has no message yet")
    }

    @Test("count the HSMs that are heard where each cannot have a definition")
    func manyHSMs() throws {
        let hsms = (0...AlertDefinitions.silentHSMs).map { Self.hsm("hsm-\($0)") }
        let definitions = Self.definitions(of: hsms)
        let alert = try Self.named("silence of HSMs", in: definitions)
        #expect(
            alert.condition
                == .init(function: .card, field: "hsm_name", comparison: .below, number: hsms.count))
        #expect(!definitions.all.contains { $0.name.hasPrefix("silence of HSM hsm") })
    }

    @Test(
        "miss the heartbeats of each instance",
        arguments: [(60, 180), (10, 180), (300, 900)])
    func heartbeats(heartbeat: Int, seconds: Int) throws {
        let definitions = Self.definitions(
            of: [Self.hsm()], source: "mon\"itor", heartbeat: .seconds(heartbeat))
        let alert = try Self.named("silence of hsmwatch mon\"itor", in: definitions)
        #expect(alert.window == .seconds(seconds))
        #expect(alert.query == #"event_source:hsmwatch AND event_type:heartbeat AND source:"mon\"itor""#)
    }

    @Test("are left out, and named, where no output gets the messages that they look for")
    func missingKinds() {
        let definitions = Self.definitions(of: [Self.hsm()], events: [.stateChange, .heartbeat])
        #expect(definitions.all.map(\.name) == ["silence of hsmwatch "])
        #expect(definitions.missing.contains("HSM below 50 sockets"))
        #expect(definitions.missing.contains("HSM khi-1 gone silent"))
        #expect(definitions.missing.count == 11)
    }

    @Test("tell each query port for itself, beside the HSMs without one")
    func queryPorts() throws {
        var asked = Self.hsm("khi-2")
        asked.queryPorts = [9010, 9011]
        let definitions = Self.definitions(of: [Self.hsm(), asked])
        let whole = try Self.named("critical below 50", in: definitions)
        #expect(whole.group == ["hsm_name"] && whole.query.hasSuffix(" AND NOT _exists_:query_port"))
        let port = try Self.named("critical below 50, by query port", in: definitions)
        #expect(port.group == ["hsm_name", "query_port"] && port.query.hasSuffix(" AND _exists_:query_port"))
        #expect(port.what.hasPrefix("HSM ${source.hsm_name}, port ${source.query_port}: "))
    }

    @Test("say where in the runbook the first step is, and nothing in a name is taken for a value")
    func texts() {
        let definitions = Self.definitions(of: [Self.hsm()], source: "${x")
        for alert in definitions.all {
            #expect(
                RunbookStep.allCases.contains {
                    alert.step.hasSuffix("(https://soc.example.net/runbook#\($0.rawValue))")
                })
            #expect(!alert.step.contains("${"))
            #expect(alert.what.count(of: "${") == alert.what.count(of: "}"))
            #expect(!alert.what.contains("${x"))
        }
    }

    @Test("have names and titles of their own")
    func unique() {
        let all = Self.definitions(of: [Self.hsm("a", warning: .absolute(100)), Self.hsm("b")]).all
        #expect(Set(all.map(\.id)).count == all.count)
        #expect(Set(all.map(\.title)).count == all.count)
    }
}

extension String {
    fileprivate func count(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
