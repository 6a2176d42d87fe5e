// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HSMWatchCore
@testable import HSMWatchGraylog

@Suite("The alerts of a content pack")
struct AlertDefinitionsTests {
    private static func definitions(
        source: String? = "monitor-1", heartbeat: Duration = .seconds(60),
        events: Set<Event.Kind> = Set(Event.Kind.allCases), runbook: String? = "https://soc.example.net/runbook",
        configured: String? = nil
    ) -> AlertDefinitions {
        let hsm = HSMConfiguration(name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010))
        let output = OutputConfiguration(
            name: "graylog", endpoints: [HostPort(host: "10.10.5.7", port: 12_201)], events: events)
        let configuration = Configuration(
            source: source, heartbeat: heartbeat, runbook: configured, hsms: [hsm], outputs: [output])
        return AlertDefinitions(scope: PackScope([configuration]), runbook: runbook)
    }

    private static func titled(_ title: String, in definitions: AlertDefinitions) throws -> AlertDefinition {
        try #require(definitions.all.first { $0.title == title }, "\(definitions.all.map(\.title))")
    }

    @Test("are one for each state, one for what lasts, one for problems, and one for each source")
    func titles() {
        #expect(
            Self.definitions().all.map(\.title) == [
                "HSM recovered", "HSM warning", "HSM critical", "HSM unreachable", "HSM unknown", "HSM still not ok",
                "hsmwatch reports a problem", "hsmwatch of monitor-1 is silent",
            ])
    }

    @Test(
        "about a change take each message as it is, 15 s at a time, for each HSM once a minute",
        arguments: [
            ("HSM critical", "state:critical", AlertDefinition.Priority.high),
            ("HSM unreachable", "state:unreachable", .high), ("HSM unknown", "state:unknown", .normal),
            ("HSM warning", "state:warning", .normal),
            ("HSM recovered", "state:ok AND NOT previous_state:unknown", .low),
        ])
    func changes(title: String, clause: String, priority: AlertDefinition.Priority) throws {
        let alert = try Self.titled(title, in: Self.definitions())
        #expect(alert.query == "event_source:hsmwatch AND event_type:state_change AND \(clause)")
        #expect(alert.priority == priority)
        #expect(alert.trigger == .message && alert.window == .seconds(15) && alert.distance == .seconds(15))
        #expect(alert.key == ["hsm"] && alert.grace == .seconds(60))
        #expect(
            alert.fields.map { "\($0.name) \($0.template)" } == [
                "what ${source.message}", "hsm ${source.hsm}", "state ${source.state}",
                "sockets_available ${source.sockets_available}", "sockets_total ${source.sockets_total}",
                "site ${source.site}", "step ${source.next_step}",
            ])
    }

    @Test(
        "about silence name the runbook that was asked for, or the configuration's, or the installed one",
        arguments: [
            ("https://soc/a", "https://wiki/b", "(https://soc/a#nothing-is-heard)"),
            (nil, "https://wiki/b", "(https://wiki/b)"),
            (nil, nil, "(/usr/share/doc/hsmwatch/docs/runbook.md#nothing-is-heard)"),
        ])
    func runbook(asked: String?, configured: String?, place: String) throws {
        let definitions = Self.definitions(runbook: asked, configured: configured)
        let step = try Self.titled("hsmwatch of monitor-1 is silent", in: definitions).fields.last?.template
        #expect(step?.hasSuffix(place) == true)
    }

    @Test("take no field for granted, and have no condition")
    func optional() throws {
        let text = try Self.titled("HSM critical", in: Self.definitions()).entity(stream: "s", notifications: []).tree
            .text
        #expect(!text.contains(#""require_values": true"#))
        #expect(text.contains(#""expression": null"#) && text.contains(#""event_limit": 1000"#))
        #expect(text.contains(#""series": []"#) && text.contains(#""group_by": []"#))
    }

    @Test("about what lasts count reminders in five minutes, by HSM and state, and are told every half hour")
    func lasting() throws {
        let alert = try Self.titled("HSM still not ok", in: Self.definitions())
        #expect(alert.query == "event_source:hsmwatch AND event_type:reminder")
        #expect(alert.trigger == .any(by: ["hsm", "state"]) && alert.key == ["hsm", "state"])
        #expect(alert.window == .seconds(300) && alert.distance == .seconds(300) && alert.grace == .seconds(1800))
    }

    @Test("about hsmwatch find every service message of level 4 or worse")
    func problems() throws {
        let alert = try Self.titled("hsmwatch reports a problem", in: Self.definitions())
        #expect(alert.query == "event_source:hsmwatch AND event_type:service AND level:<=4")
        #expect(alert.key == ["source", "action", "output", "what"])
    }

    @Test("miss the heartbeats of each source in all streams", arguments: [(60, 180), (10, 180), (300, 900)])
    func heartbeats(heartbeat: Int, seconds: Int) throws {
        let definitions = Self.definitions(source: "mon\"itor", heartbeat: .seconds(heartbeat))
        let alert = try Self.titled("hsmwatch of mon\"itor is silent", in: definitions)
        #expect(alert.window == .seconds(seconds))
        #expect(alert.query == #"event_source:hsmwatch AND event_type:heartbeat AND source:"mon\"itor""#)
        #expect(alert.entity(stream: "s", notifications: []).tree.text.contains(#""streams": []"#))
    }

    @Test("do not miss heartbeats that no output sends: Graylog would find them absent for ever")
    func unheard() {
        let titles = Self.definitions(events: [.stateChange, .service]).all.map(\.title)
        #expect(titles.count == 7 && !titles.contains { $0.hasSuffix("silent") })
    }

    @Test("take nothing in a source for a value")
    func texts() throws {
        for field in try Self.titled("hsmwatch of ${x is silent", in: Self.definitions(source: "${x")).fields {
            #expect(!field.template.contains("${"))
        }
    }

    @Test("have names and titles of their own")
    func unique() {
        let all = Self.definitions().all
        #expect(Set(all.map(\.id)).count == all.count)
        #expect(Set(all.map(\.title)).count == all.count)
    }
}
