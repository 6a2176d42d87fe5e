// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Rules of content packs")
struct ContentPackRulesTests {
    @Test("nothing is wrong with the sample", arguments: GraylogVersion.examined)
    func sample(version: GraylogVersion) throws {
        #expect(ContentPackRules.violations(in: try SamplePack.pack, for: version).map { "\($0)" } == [])
    }

    @Test("what is no object is no pack")
    func noObject() {
        #expect(
            ContentPackRules.violations(in: [], for: GraylogVersion(6, 0)).map(\.effect) == [.refusesUpload, .misleads])
    }

    @Test(
        "tells what is wrong with a pack as a whole",
        arguments: [
            .refused(#"{"v": "1", "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000ff""#, #"{"id": "p""#, "v: is missing"),
            .refused(#""v": "1""#, #""v": 1"#, "v: one of 1 is expected, not 1"),
            .refused(#""id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000ff""#, #""id": " ""#, "id: an id must not be blank"),
            .refused(#""rev": 1"#, #""rev": "1""#, #"rev: an integer from 1 to 2147483647 is expected, not "1""#),
            .refused(#""rev": 1"#, #""rev": 0"#, "rev: an integer from 1 to 2147483647 is expected, not 0"),
            .refused(#""vendor": "example", "#, "", "vendor: is missing"),
            .refused(#""summary": "Kettles""#, #""summary": null"#, "summary: a text is expected, not null"),
            .refused(#""url": """#, #""url": "my page""#, "url: no URI"),
            .refused(#""url": """#, #""url": "", "homepage": """#, "homepage: unknown key"),
            .refused(
                #""version": ">=5.2.0"}]"#, #""version": ">=5.2.0", "plugin": "x"}]"#,
                "entities[0].constraints[0].plugin: unknown key"),
            .refused(
                #""constraints": [{"type": "server-version", "version": ">=5.2.0"}]"#, #""comment": """#,
                "entities[0].constraints: is missing", "entities[0].comment: unknown key"),
            .refused(#"">=5.2.0""#, #""at least 5.2""#, "entities[0].constraints[0].version: no range of versions"),
            .breaks(#"">=5.2.0""#, #"">=6.1.0""#, "entities[0].constraints[0].version: 6.0.0 is not >=6.1.0"),
            .breaks(
                #"5f0b4f3e-1c1a-4d3a-9f0a-000000000005"#, "5f0b4f3e-1c1a-4d3a-9f0a-000000000004",
                "entities[4].id: 5f0b4f3e-1c1a-4d3a-9f0a-000000000004 is the id of another entity, too"),
            .breaks(
                #""name": "input""#, #""name": "output""#,
                "entities[0].type: entities of type output/1 are not known here"),
        ] as [PackVariant])
    func pack(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "tells what is wrong with a value that is wrapped",
        arguments: [
            .breaks(
                #"{"@type": "integer", "@value": 12201}"#, "12201",
                "entities[0].data.configuration.port: a value with @type and @value is expected",
                "entities[0].data.configuration.port: @type is , not integer"),
            .breaks(
                #"{"@type": "integer", "@value": 12201}"#, #"{"@type": "integer", "@value": "12201"}"#,
                #"entities[0].data.configuration.port: @value "12201" is no integer"#),
            .breaks(
                #"{"@type": "integer", "@value": 12201}"#, #"{"@type": "integer", "@value": 12201.0}"#,
                "entities[0].data.configuration.port: @value 12201.0 is no integer"),
            .breaks(
                #"{"@type": "integer", "@value": 1048576}"#, #"{"@type": "double", "@value": 50}"#,
                "entities[0].data.configuration.recv_buffer_size: @value 50 is no double"),
            .breaks(
                #"{"@type": "integer", "@value": 1048576}"#, #"{"@type": "float", "@value": 5.5}"#,
                "entities[0].data.configuration.recv_buffer_size: unknown @type float"),
            .breaks(
                #"{"@type": "integer", "@value": 1048576}"#, "null",
                "entities[0].data.configuration.recv_buffer_size: a value with @type and @value is expected"),
            .breaks(
                #"{"@type": "integer", "@value": 1048576}"#, #"{"@type": "parameter", "@value": "SIZE"}"#,
                #"entities[0].data.configuration.recv_buffer_size: no parameter "SIZE""#),
            .breaks(
                #"{"@type": "integer", "@value": 1048576}"#, #"{"@type": "integer", "@value": 5000000000}"#,
                "entities[0].data.configuration.recv_buffer_size: @value 5000000000 is no integer"),
            .breaks(
                #"{"@type": "string", "@value": "AND"}"#, #"{"@type": "string", "@value": "AND", "@name": "x"}"#,
                "entities[1].data.matching_type: a value with @type and @value is expected"),
            .breaks(
                #"{"@type": "string", "@value": "${event.message} ${event.fields.kettle}"}"#,
                #"{"@type": "parameter", "@value": "TEXT"}"#,
                "entities[2].data.config.body_template: a parameter is not looked at here"),
            .breaks(
                #"{"@type": "integer", "@value": 2}"#, #"{"@type": "string", "@value": "2"}"#,
                "entities[3].data.priority: @type is string, not integer"),
            .breaks(
                #""title": {"@type": "string", "@value": "A kettle is cold"}"#, #""title": "A kettle is cold""#,
                "entities[3].data.title: a value with @type and @value is expected, not \"A kettle is cold\""),
            .breaks(
                #""event_limit": 100"#, #""event_limit": {"@type": "integer", "@value": 100}"#,
                #"entities[3].data.config.event_limit: an integer from 0 to 2147483647 is expected, not {"@type":"integer","@value":100}"#
            ),
        ] as [PackVariant])
    func wrapping(variant: PackVariant) throws {
        try variant.check()
    }

    @Test("a parameter stands for a value of its type")
    func parameters() throws {
        let parameter =
            #"[{"type": "integer", "name": "PORT", "title": "Port", "description": "", "default_value": 12201}]"#
        let text = SamplePack.text.replacing(
            #""parameters": []"#, with: #""parameters": \#(parameter)"#, maxReplacements: 1
        )
        .replacing(#"{"@type": "integer", "@value": 12201}"#, with: #"{"@type": "parameter", "@value": "PORT"}"#)
        let version = GraylogVersion(6, 0)
        #expect(ContentPackRules.violations(in: try SamplePack.json(text), for: version) == [])
        let wrong = text.replacing(#""type": "integer", "name""#, with: #""type": "string", "name""#)
        #expect(
            ContentPackRules.violations(in: try SamplePack.json(wrong), for: version).map { "\($0)" }
                == ["entities[0].data.configuration.port: @type is string, not integer"])
        let elsewhere = text.replacing(
            #"{"@type": "string", "@value": "AND"}"#, with: #"{"@type": "parameter", "@value": "PORT"}"#)
        #expect(
            ContentPackRules.violations(in: try SamplePack.json(elsewhere), for: version).map { "\($0)" }
                == ["entities[1].data.matching_type: the parameter PORT is integer, not string"])
    }

    @Test(
        "tells what is wrong with an input, a stream or a notification",
        arguments: [
            .breaks(
                "GELFTCPInput", "GELFTLSInput",
                "entities[0].data.type: no known class of inputs: org.graylog2.inputs.gelf.tcp.GELFTLSInput"),
            .breaks(#""bind_address""#, #""bind_host""#, "entities[0].data.configuration.bind_address: is missing"),
            .breaks(
                #""port": {"@type": "integer", "@value": 12201},"#, "",
                "entities[0].data.configuration.port: is missing"),
            .misleads(#""@value": 12201"#, #""@value": 0"#, "entities[0].data.configuration.port: 0 is no port"),
            .breaks(
                #""static_fields": {}"#, #""static_fields": []"#,
                "entities[0].data.static_fields: an object is expected, not []"),
            .breaks(
                #""static_fields": {}"#, #""static_fields": {"my site": {"@type": "string", "@value": "x"}}"#,
                "entities[0].data.static_fields.my site: no name of a field"),
            .breaks(#", "extractors": []"#, "", "entities[0].data.extractors: is missing"),
            .breaks(#""outputs": [], "#, "", "entities[1].data.outputs: is missing"),
            .breaks(
                #""@value": "AND""#, #""@value": "ALL""#,
                "entities[1].data.matching_type: one of AND, OR is expected, not ALL"),
            .breaks(
                #""@value": "EXACT""#, #""@value": "EQUAL""#,
                "entities[1].data.stream_rules[0].type: one of EXACT, REGEX, GREATER, SMALLER, PRESENCE, CONTAINS, ALWAYS_MATCH, MATCH_INPUT is expected, not EQUAL"
            ),
            .misleads(
                #""@value": "EXACT""#, #""@value": "MATCH_INPUT""#,
                "entities[1].data.stream_rules[0].type: the id of an input is another one on every server"),
            .breaks(
                #""value": {"@type": "string", "@value": "kettle"},"#, "",
                "entities[1].data.stream_rules[0].value: is missing"),
            .breaks(
                #""type": "email-notification-v1""#, #""type": "email-notification-v2""#,
                #"entities[2].data.config.type: one of email-notification-v1, http-notification-v1, http-notification-v2 is expected, not "email-notification-v2""#
            ),
            .breaks(
                #""sender": {"@type": "string", "@value": ""}, "#, "", "entities[2].data.config.sender: is missing"),
            .breaks(
                #", "email_recipients": ["tea@example.org"]"#,
                #", "email_recipients": [{"@type": "string", "@value": "tea@example.org"}]"#,
                #"entities[2].data.config.email_recipients[0]: a text is expected, not {"@type":"string","@value":"tea@example.…"#
            ),
            .misleads(
                "${event.fields.kettle}", "${if event.fields.pot}${event.fields.pot}${end}",
                "entities[2].data.config.body_template: no event that it tells of has the field pot",
                "entities[2].data.config.body_template: no event that it tells of has the field pot"),
            .misleads(
                "${event.fields.kettle}", "${event.fields.kettle",
                "entities[2].data.config.body_template: '}' is missing"),
            .misleads(#"["tea@example.org"]"#, "[]", "entities[2].data.config.email_recipients: nobody gets the mail"),
            .breaks(
                #""user_recipients": []"#, #""user_recipients": [], "cc_emails": []"#,
                "entities[2].data.config.cc_emails: not before 6.2.0"),
        ] as [PackVariant])
    func entities(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "an upload fails without what is looked for in it",
        arguments: [
            (#""search_types": ["#, #""types": ["#, "entities[5].data.search.queries: search_types are looked for"),
            (
                #"{"title": {"@type": "string", "@value": "Kettles"}, "description""#,
                #"{"title": "Kettles", "description""#, "entities[1].data.title: a stream's title is looked for"
            ),
        ])
    func upload(old: String, new: String, violation: String) throws {
        let isThere = SamplePack.text.contains(old)
        try #require(isThere)
        let pack = try SamplePack.json(SamplePack.text.replacing(old, with: new, maxReplacements: 1))
        let found = ContentPackRules.violations(in: pack, for: GraylogVersion(7, 1)).filter {
            $0.effect == .breaksUpload
        }
        #expect(found.map { "\($0)" } == [violation])
    }

    @Test("a stream's id that is no ObjectId cannot be installed at 7.0.0", arguments: GraylogVersion.examined)
    func streamID(version: GraylogVersion) throws {
        let text = SamplePack.text.replacing(
            "5f0b4f3e1c1a4d3a9f0a0002", with: "5f0b4f3e-1c1a-4d3a-9f0a-000000000002")
        let effect = ContentPackViolation.Effect.self
        #expect(
            ContentPackRules.violations(in: try SamplePack.json(text), for: version) == [
                ContentPackViolation(
                    "entities[1].id", "an id of 24 hexadecimal digits is expected",
                    version == GraylogVersion(7, 0) ? effect.breaksInstallation : effect.misleads)
            ])
    }

    @Test(
        "knows what each version knows",
        arguments: [
            PackVariant(
                #""event_limit": 100"#, #""event_limit": 100, "filters": []"#, .breaksInstallation,
                at: GraylogVersion(5, 2), "entities[3].data.config.filters: not before 6.0.0"),
            PackVariant(
                #""event_limit": 100"#, #""event_limit": 100, "filters": []"#, .breaksInstallation,
                at: GraylogVersion(6, 0)),
            PackVariant(
                #""event_limit": 100"#, #""event_limit": 100, "stream_categories": []"#, .breaksInstallation,
                at: GraylogVersion(6, 0), "entities[3].data.config.stream_categories: not before 6.1.0"),
            PackVariant(
                #""event_limit": 100"#, #""event_limit": 100, "use_cron_scheduling": true"#, .misleads,
                at: GraylogVersion(6, 1), "entities[3].data.config.cron_expression: is missing"),
            PackVariant(
                #""event_limit": 100"#, #""event_limit": 100, "query_parameters": []"#, .breaksInstallation,
                at: GraylogVersion(6, 1), "entities[3].data.config.query_parameters: not before 6.2.0"),
            PackVariant(
                #""@value": 2}"#, #""@value": 4}"#, .misleads, at: GraylogVersion(6, 1),
                "entities[3].data.priority: no priority: 4"),
            PackVariant(#""@value": 2}"#, #""@value": 4}"#, .misleads, at: GraylogVersion(6, 2)),
            PackVariant(
                #""rollup": false, "formatting_settings""#, #""rollup": false, "units": {}, "formatting_settings""#,
                .breaksInstallation, at: GraylogVersion(6, 0),
                "entities[5].data.state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0.widgets[0].config.units: not before 6.1.0"),
            PackVariant(
                #"{"name": "Coldest"}"#, #"{"name": "Coldest", "thresholds": []}"#, .breaksInstallation,
                at: GraylogVersion(6, 3),
                "entities[5].data.state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0.widgets[0].config.series[0].config.thresholds: not before 7.0.0"
            ),
            PackVariant(
                #""type": "aggregation","#, #""type": "aggregation", "description": "","#, .breaksInstallation,
                at: GraylogVersion(6, 3),
                "entities[5].data.state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0.widgets[0].description: not before 7.0.0"),
            PackVariant(
                #""type": "aggregation","#, #""type": "aggregation", "description": "","#, .breaksInstallation,
                at: GraylogVersion(7, 0)),
            PackVariant(
                #""streams": ["5f0b4f3e1c1a4d3a9f0a0002"],\#n "config": {\#n   "visualization""#,
                #""streams": ["5f0b4f3e1c1a4d3a9f0a0003"],\#n "config": {\#n   "visualization""#, .breaksInstallation,
                at: GraylogVersion(7, 1, 7),
                "entities[5].data.state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0.widgets[0].streams[0]: no stream 5f0b4f3e1c1a4d3a9f0a0003 in the pack"
            ),
            PackVariant(
                #""streams": ["5f0b4f3e1c1a4d3a9f0a0002"],\#n "config": {\#n   "visualization""#,
                #""streams": ["5f0b4f3e1c1a4d3a9f0a0003"],\#n "config": {\#n   "visualization""#, .misleads,
                at: GraylogVersion(7, 2),
                "entities[5].data.state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0.widgets[0].streams[0]: no stream 5f0b4f3e1c1a4d3a9f0a0003 in the pack"
            ),
        ])
    func versions(variant: PackVariant) throws {
        try variant.check()
    }

    @Test("a notification over HTTP of the second kind is for 6.0 and later, and all of it must be there")
    func post() throws {
        let config =
            #""config": {"type": "http-notification-v2", "url": {"@type": "string", "@value": "https://example.org/"}, "skip_tls_verification": {"@type": "boolean", "@value": false}, "method": {"@type": "string", "@value": "POST"}, "time_zone": {"@type": "string", "@value": "UTC"}, "content_type": {"@type": "string", "@value": "JSON"}, "headers": {"@type": "string", "@value": ""}, "body_template": {"@type": "string", "@value": ""}}"#
        let pack = try SamplePack.pack.replacing(["entities", "2", "data", "config"]) { _ in
            (try? SamplePack.json("{\(config)}"))?["config"] ?? .null
        }
        #expect(ContentPackRules.violations(in: pack, for: GraylogVersion(6, 0)) == [])
        #expect(
            ContentPackRules.violations(in: pack, for: GraylogVersion(5, 2)).map { "\($0)" }
                == ["entities[2].data.config.type: http-notification-v2: not before 6.0.0"])
        let odd = pack.replacing(["entities", "2", "data", "config", "method", "@value"]) { _ in "PATCH" }
        #expect(
            ContentPackRules.violations(in: odd, for: GraylogVersion(6, 0)).map { "\($0)" }
                == ["entities[2].data.config.method: one of POST, PUT, GET is expected, not PATCH"])
    }
}
