// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Rules of content packs: event definitions")
struct AlertRulesTests {
    private static let limit =
        #""series": [], "conditions": null,\#n   "search_within_ms": 120000, "execute_every_ms": 60000, "event_limit": 100"#

    @Test(
        "tells what of an event definition leads nowhere",
        arguments: [
            .breaks(
                #""streams": ["5f0b4f3e1c1a4d3a9f0a0002"]"#, #""streams": ["5f0b4f3e1c1a4d3a9f0a0003"]"#,
                "entities[3].data.config.streams[0]: no stream 5f0b4f3e1c1a4d3a9f0a0003 in the pack"),
            .breaks(#""streams": ["5f0b4f3e1c1a4d3a9f0a0002"]"#, #""streams": []"#),
            .breaks(
                #""notification_id": {"@type": "string", "@value": "5f0b4f3e-1c1a-4d3a-9f0a-000000000003"}"#,
                #""notification_id": {"@type": "string", "@value": "x"}"#,
                "entities[3].data.notifications[0].notification_id: no notification x in the pack"),
            .misleads(
                #""key_spec": ["kettle"]"#, #""key_spec": ["pot"]"#,
                "entities[3].data.key_spec[0]: pot is not in field_spec"),
            .misleads(
                #""kettle": {\#n     "data_type""#, #""my kettle": {\#n     "data_type""#,
                "entities[3].data.field_spec.my kettle: no name of a field",
                "entities[3].data.key_spec[0]: kettle is not in field_spec"),
            .misleads(
                "${source.kettle}", "${source.kettle",
                "entities[3].data.field_spec.kettle.providers[0].template: no text with ${source.FIELD} in it"),
            .misleads(
                "${source.kettle}", "${source.celsius}",
                "entities[3].data.field_spec.kettle.providers[0].template: celsius is neither grouped by nor computed"),
            .misleads(
                "${source.kettle}", "${source.aggregation_value_min_celsius} of ${source.aggregation_value_count}"),
            .breaks(
                #""data_type": "string""#, #""data_type": "long""#,
                #"entities[3].data.field_spec.kettle.data_type: one of string is expected, not "long""#),
            .breaks(
                #""type": "template-v1""#, #""type": "template-v2""#,
                #"entities[3].data.field_spec.kettle.providers[0].type: one of template-v1 is expected, not "template-v2""#
            ),
            .misleads(
                #""storage": [{"type": "persist-to-streams-v1", "streams": ["000000000000000000000002"]}]"#,
                #""storage": []"#, "entities[3].data.storage: events are not kept"),
            .breaks(
                #""storage": [{"type": "persist-to-streams-v1", "streams": ["000000000000000000000002"]}],"#, "",
                "entities[3].data.storage: is missing"),
            .misleads(
                #""streams": ["000000000000000000000002"]"#, #""streams": ["000000000000000000000001"]"#,
                "entities[3].data.storage[0].streams: 000000000000000000000001 is not the stream of events"),
        ] as [PackVariant])
    func references(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "tells what is wrong with an aggregation",
        arguments: [
            .misleads(
                #""search_within_ms": 120000"#, #""search_within_ms": 0"#,
                "entities[3].data.config.search_within_ms: must be more than 0"),
            .breaks(
                #""execute_every_ms": 60000"#, #""execute_every_ms": "1m""#,
                #"entities[3].data.config.execute_every_ms: an integer of at least 0 is expected, not "1m""#),
            .breaks(
                #""group_by": ["kettle"], "#, "", "entities[3].data.config.group_by: is missing",
                "entities[3].data.field_spec.kettle.providers[0].template: kettle is neither grouped by nor computed"),
            .misleads(
                #""group_by": []"#, #""group_by": ["kettle"]"#,
                "entities[4].data.config.group_by: groups need series and conditions"),
            .misleads(
                limit, limit.replacing("100", with: "0"),
                "entities[4].data.config.event_limit: a filter needs a limit of more than 0"),
            .misleads(
                #""series": [], "conditions": null"#, #""series": [{"id": "n", "type": "count"}], "conditions": null"#,
                "entities[4].data.field_spec.kettle.providers[0].template: kettle is neither grouped by nor computed",
                "entities[4].data.config.conditions: series need conditions"),
            .misleads(
                #""function": "min""#, #""function": "minimum""#,
                #"entities[3].data.config.series[0].type: no known function: "minimum""#,
                "entities[3].data.config.conditions.expression.left.left.ref: no series coldest"),
            .breaks(
                #""function": "min", "field": "celsius""#, #""function": "min""#,
                "entities[3].data.config.series[0].field: is missing"),
            .misleads(
                #""function": "min", "field": "celsius""#, #""function": "min", "field": """#,
                "entities[3].data.config.series[0].field: is empty"),
            .breaks(#""function": "min""#, #""type": "min""#),
            .breaks(
                #""function": "min""#, #""type": "min", "function": "min""#,
                "entities[3].data.config.series[0].function: unknown key"),
            .breaks(
                #""function": "min""#, #""function": "percentile""#,
                "entities[3].data.config.series[0].percentile: is missing"),
            .misleads(
                #""id": "messages""#, #""id": "coldest""#,
                "entities[3].data.config.series[1].id: coldest is the id of another series, too",
                "entities[3].data.config.conditions.expression.right.left.ref: no series messages"),
            .misleads(
                #""ref": "messages""#, #""ref": "count()""#,
                "entities[3].data.config.conditions.expression.right.left.ref: no series count()"),
            .misleads(
                #"{"id": "messages", "function": "count"}"#, #"{"function": "count"}"#,
                "entities[3].data.config.conditions.expression.right.left.ref: no series messages"),
        ] as [PackVariant])
    func aggregation(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "tells what is wrong with a condition",
        arguments: [
            .breaks(
                #""expr": "&&""#, #""expr": "and""#,
                #"entities[3].data.config.conditions.expression.expr: one of !, &&, <, <=, ==, >, >=, group, true, || is expected, not "and""#
            ),
            .breaks(
                #""expr": "<""#, #""expr": "!=""#,
                #"entities[3].data.config.conditions.expression.left.expr: one of !, &&, <, <=, ==, >, >=, group, true, || is expected, not "!=""#
            ),
            .breaks(
                #""expr": "number", "value": 60.0"#, #""expr": "number", "value": "60""#,
                #"entities[3].data.config.conditions.expression.left.right.value: a number is expected, not "60""#),
            .breaks(
                #""expr": "number", "value": 60.0"#, #""expr": "number", "number": 60.0"#,
                "entities[3].data.config.conditions.expression.left.right.value: is missing",
                "entities[3].data.config.conditions.expression.left.right.number: unknown key"),
            .misleads(
                #""expr": "number-ref", "ref": "coldest""#, #""expr": "number", "value": 1.0"#,
                "entities[3].data.config.conditions.expression.left: a comparison without a series"),
        ] as [PackVariant])
    func conditions(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "tells what is wrong with a query",
        arguments: [
            .misleads(
                "kind:kettle AND _exists_:celsius", "kind:kettle _exists_:celsius",
                "entities[3].data.config.query: AND or OR is expected at character 12"),
            .misleads(
                "kind:kettle AND _exists_:celsius", "kettle",
                "entities[3].data.config.query: a word without a field at character 6"),
            .misleads(
                #"fault:(\"boiled dry\" OR no_lid) AND level:<=3"#, #"fault:(\"boiled dry\" OR no_lid AND level:<=3"#,
                "entities[4].data.config.query: ')' is missing at character 30"),
        ] as [PackVariant])
    func queries(variant: PackVariant) throws {
        try variant.check()
    }
}
