// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Fields that a content pack names")
struct PackFieldUseTests {
    @Test("finds every place of the sample that names a field, in order")
    func sample() throws {
        let page = "state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0"
        let search = "search.queries[0].search_types"
        let wanted: [(String, String, PackFieldUse.Use)] = [
            ("[1].data.stream_rules[0].field", "kind", .rule("kettle")),
            ("[3].data.config.query", "kind", .query(["kettle"])), ("[3].data.config.query", "celsius", .exists),
            ("[3].data.config.series[0].field", "celsius", .function("min")),
            ("[3].data.config.group_by[0]", "kettle", .group),
            ("[3].data.field_spec.kettle.providers[0].template", "kettle", .template),
            ("[4].data.config.query", "fault", .query(["boiled dry", "no_lid"])),
            ("[4].data.config.query", "level", .range(lower: nil, upper: "3")),
            ("[4].data.field_spec.kettle.providers[0].template", "kettle", .template),
            ("[5].data.\(search)[0].query.query_string", "kind", .query(["kettle"])),
            ("[5].data.\(search)[0].series[0].field", "celsius", .function("min")),
            ("[5].data.\(search)[0].row_groups[0].fields[0]", "timestamp", .group),
            ("[5].data.\(search)[0].column_groups[0].fields[0]", "kettle", .group),
            ("[5].data.\(search)[1].query.query_string", "kind", .query(["kettle"])),
            ("[5].data.\(search)[1].sort[0].field", "timestamp", .sort),
            ("[5].data.\(page).widgets[0].query.query_string", "kind", .query(["kettle"])),
            ("[5].data.\(page).widgets[0].config.series[0].function", "celsius", .function("min")),
            ("[5].data.\(page).widgets[0].config.row_pivots[0].fields[0]", "timestamp", .group),
            ("[5].data.\(page).widgets[0].config.column_pivots[0].fields[0]", "kettle", .group),
            ("[5].data.\(page).widgets[1].query.query_string", "kind", .query(["kettle"])),
            ("[5].data.\(page).widgets[1].config.fields[0]", "timestamp", .column),
            ("[5].data.\(page).widgets[1].config.fields[1]", "source", .column),
            ("[5].data.\(page).widgets[1].config.fields[2]", "kettle", .column),
            ("[5].data.\(page).widgets[1].config.fields[3]", "celsius", .column),
            ("[5].data.\(page).widgets[1].config.sort[0].field", "timestamp", .sort),
        ]
        let found = ContentPackRules.fieldUses(in: try SamplePack.pack)
        #expect(found == wanted.map { PackFieldUse(path: "entities\($0)", field: $1, use: $2) })
    }

    @Test(
        "knows which uses need numbers",
        arguments: [
            (PackFieldUse.Use.function("min"), true), (.function("max"), true), (.function("avg"), true),
            (.function("sum"), true), (.function("percentile"), true), (.function("stddev"), true),
            (.function("variance"), true), (.function("count"), false), (.function("card"), false),
            (.function("latest"), false), (.range(lower: nil, upper: "3"), true),
            (.range(lower: "a", upper: "b"), false),
            (.query(["3"]), false), (.group, false), (.column, false),
        ])
    func numbers(use: PackFieldUse.Use, needsNumber: Bool) {
        #expect(PackFieldUse(path: "", field: "a", use: use).needsNumber == needsNumber)
    }

    @Test(
        "reads functions as widgets write them",
        arguments: [
            ("count()", "count", nil, nil), ("min(celsius)", "min", "celsius", nil),
            ("percentile(celsius,95.0)", "percentile", "celsius", "95.0"), ("min", nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func functions(text: String, name: String?, field: String?, argument: String?) {
        let function = PackFunction(text)
        #expect(function?.name == name)
        #expect(function?.field == field)
        #expect(function?.argument == argument)
        if name != nil { #expect(function?.text == text) }
    }
}
