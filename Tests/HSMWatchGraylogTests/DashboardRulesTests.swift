// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Rules of content packs: dashboards")
struct DashboardRulesTests {
    private static let page = "entities[5].data.state.5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0"
    private static let search = "entities[5].data.search.queries[0]"
    private static let query = "5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0"
    private static let chart = "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b0"
    private static let list = "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b1"

    @Test(
        "tells what of a dashboard leads nowhere",
        arguments: [
            .misleads(
                #""state": {\#n   "\#(query)""#, #""state": {\#n   "x""#,
                "\(search).id: no state for the query \(query)", "entities[5].data.state.x: no query x"),
            .misleads(
                #""\#(chart)": "Coldest""#, #""x": "Coldest""#,
                "\(page).titles.widget.x: no such widget"),
            .misleads(
                #""tab": {"title": "Kettles"}"#, #""tabs": {"title": "Kettles"}"#,
                "\(page).titles.tabs: neither widget nor tab"),
            .misleads(
                #""\#(chart)": {"col": 1, "row": 1, "height": 4, "width": 6},"#, "",
                "\(page).widgets[0]: the widget has no position"),
            .misleads(
                #""\#(chart)": {"col": 1"#, #""\#(chart)": {"col": 2"#,
                "\(page).positions.\(list): over the widget \(chart)"),
            .misleads(
                #""\#(list)": {"col": 7"#, #""\#(list)": {"col": 8"#,
                "\(page).positions.\(list): not within twelve columns that are counted from 1"),
            .breaks(#""\#(list)": {"col": 7, "#, #""\#(list)": {"#, "\(page).positions.\(list).col: is missing"),
            .misleads(
                #""\#(chart)": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0"]"#,
                #""\#(chart)": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c1"]"#, "\(page).widgets[0]: its search is no pivot",
                "\(page).widget_mapping: no widget shows the search 5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0"),
            .misleads(
                #""\#(chart)": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0"]"#,
                #""\#(chart)": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0", "x"]"#,
                "\(page).widgets[0]: no search x in the widget's query"),
            .misleads(
                #""\#(chart)": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0"]"#, #""\#(chart)": []"#,
                "\(page).widgets[0]: no search for the widget",
                "\(page).widget_mapping: no widget shows the search 5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0"),
            .misleads(
                #""id": "\#(list)""#, #""id": "\#(chart)""#,
                "\(page).widgets[1].id: \(chart) is the id of something else, too",
                "\(page).widget_mapping.\(list): no such widget", "\(page).positions.\(list): no such widget",
                "\(page).titles.widget.\(list): no such widget", "\(page).widgets[1]: its search is no messages",
                "\(page).widget_mapping: no widget shows the search 5f0b4f3e-1c1a-4d3a-9f0a-0000000000c1"),
            .misleads(
                #""id": "\#(query)""#, #""id": "\#(chart)""#,
                "\(search).id: no state for the query \(chart)", "\(page): no query \(query)"),
            .breaks(
                #""type": "DASHBOARD""#, #""type": "SEARCH""#,
                #"entities[5].data.type: one of DASHBOARD is expected, not "SEARCH""#),
            .breaks(
                #""properties": [], "#, #""properties": [], "favorite": true, "#,
                "entities[5].data.favorite: unknown key"),
        ] as [PackVariant])
    func references(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "tells what is wrong with a search",
        arguments: [
            .breaks(
                #", "sort": [], "rollup": false}"#, #", "sort": []}"#, "\(search).search_types[0].rollup: is missing",
                "\(page).widgets[0].config.rollup: not that of its search, which is what is shown first"),
            .breaks(
                #""type": "time", "fields": ["timestamp"]"#, #""type": "time", "field": "timestamp""#,
                "\(search).search_types[0].row_groups[0].fields: is missing",
                "\(search).search_types[0].row_groups[0].field: unknown key",
                "\(page).widgets[0].config.row_pivots: the search has time of , but the widget time of timestamp"),
            .breaks(
                #""interval": {"type": "auto", "scaling": 1.0}}],\#n "column_groups""#,
                #""interval": "auto"}],\#n "column_groups""#,
                "\(search).search_types[0].row_groups[0].interval: an object is expected, not \"auto\""),
            .misleads(
                #"{"type": "min", "id""#, #"{"function": "min", "id""#,
                "\(search).search_types[0].series[0].type: no known function: none",
                "\(page).widgets[0].config.series: the search has Coldest = (celsius), but the widget Coldest = min(celsius)"
            ),
            .breaks(
                #""order": "DESC""#, #""order": "Descending""#,
                #"\#(search).search_types[1].sort[0].order: one of ASC, DESC is expected, not "Descending""#),
            .breaks(
                #""timerange": {"type": "relative", "from": 3600}, "filters": []"#,
                #""timerange": {"type": "relative"}, "filters": []"#, "\(search).timerange: from or range is expected"),
            .breaks(
                #""timerange": {"type": "relative", "from": 3600}, "filters": []"#,
                #""timerange": {"type": "relative", "from": 3600, "range": 3600}, "filters": []"#,
                "\(search).timerange: either range or from and to"),
            .breaks(
                #"{"type": "elasticsearch", "query_string": ""}"#, #""""#,
                "\(search).query: an object is expected, not \"\""),
            .misleads(
                #"{"type": "elasticsearch", "query_string": ""}"#,
                #"{"type": "elasticsearch", "query_string": "kettle"}"#,
                "\(search).query.query_string: a word without a field at character 6"),
            .breaks(
                #""name": "chart", "streams": []"#, #""name": "chart", "streams": ["x"]"#,
                "\(search).search_types[0].streams[0]: no stream x in the pack"),
        ] as [PackVariant])
    func searches(variant: PackVariant) throws {
        try variant.check()
    }

    @Test(
        "tells what is wrong with a widget, and in what it is not like its search",
        arguments: [
            .breaks(
                #""type": "aggregation","#, #""type": "text","#,
                #"\#(page).widgets[0].type: one of aggregation, messages is expected, not "text""#),
            .breaks(
                #""visualization": "line""#, #""visualization": "lines""#,
                #"\#(page).widgets[0].config.visualization: one of area, bar, heatmap, line, numeric, pie, scatter, table is expected, not "lines""#
            ),
            .breaks(
                #""visualization": "line""#, #""visualization": "pie""#,
                #"\#(page).widgets[0].config.visualization_config: null is expected, not {"interpolation":"linear","axis_type":"l…"#
            ),
            .breaks(
                #""visualization": "line""#, #""visualization": "table""#,
                "\(page).widgets[0].config.visualization_config.interpolation: unknown key",
                "\(page).widgets[0].config.visualization_config.axis_type: unknown key"),
            .breaks(
                #""interpolation": "linear""#, #""interpolation": "cubic""#,
                #"\#(page).widgets[0].config.visualization_config.interpolation: one of linear, step-after, spline is expected, not "cubic""#
            ),
            .misleads(
                #"{"name": "Coldest"}"#, #"{"name": "Lowest"}"#,
                "\(page).widgets[0].config.series: the search has Coldest = min(celsius), but the widget Lowest = min(celsius)"
            ),
            .misleads(
                #""function": "min(celsius)""#, #""function": "max(celsius)""#,
                "\(page).widgets[0].config.series: the search has Coldest = min(celsius), but the widget Coldest = max(celsius)"
            ),
            .misleads(
                #""function": "min(celsius)""#, #""function": "min""#,
                "\(page).widgets[0].config.series[0].function: no known function: min",
                "\(page).widgets[0].config.series: nothing is shown",
                "\(page).widgets[0].config.series: the search has Coldest = min(celsius), but the widget "),
            .misleads(
                #"{"fields": ["kettle"], "type": "values", "config""#,
                #"{"fields": ["pot"], "type": "values", "config""#,
                "\(page).widgets[0].config.column_pivots: the search has values of kettle, but the widget values of pot"
            ),
            .breaks(
                #""config": {"limit": 15}"#, #""config": {"limit": "15"}"#,
                #"\#(page).widgets[0].config.column_pivots[0].config.limit: an integer from 0 to 2147483647 is expected, not "15""#
            ),
            .breaks(#", "sort": []}}"#, "}}", "\(page).widgets[0].config.sort: is missing"),
            .misleads(
                #""formatting_settings": null, "sort": []"#,
                #""formatting_settings": null, "sort": [{"type": "series", "field": "Coldest", "direction": "Ascending"}]"#,
                "\(page).widgets[0].config.sort[0].field: no series Coldest",
                "\(page).widgets[0].config.sort: not that of its search, which is what is shown first"),
            .misleads(
                #""function": "min(celsius)"}],\#n   "rollup": false, "formatting_settings": null, "sort": []"#,
                #""function": "latest(celsius)"}],\#n   "rollup": false, "formatting_settings": null, "sort": [{"type": "series", "field": "latest(celsius)", "direction": "Ascending"}]"#,
                "\(page).widgets[0].config.sort[0].field: Graylog sorts by the number of messages instead of latest(celsius)",
                "\(page).widgets[0].config.series: the search has Coldest = min(celsius), but the widget Coldest = latest(celsius)",
                "\(page).widgets[0].config.sort: not that of its search, which is what is shown first"),
            .misleads(
                #""rollup": false, "formatting_settings""#, #""rollup": true, "formatting_settings""#,
                "\(page).widgets[0].config.rollup: not that of its search, which is what is shown first"),
            .misleads(
                #""visualization": "line", "visualization_config": {"interpolation": "linear", "axis_type": "linear"}"#,
                #""visualization": "numeric", "visualization_config": {"trend": true, "trend_preference": "LOWER"}"#,
                "\(page).widgets[0].config.row_pivots: a single number has no groups",
                "\(page).widgets[0].config.column_pivots: a single number has no groups",
                "\(page).widgets[0].config.series[0].function: min(celsius) shows 0 when there are no messages",
                "\(page).widgets[0].config.visualization_config.trend: "
                    + #"a search "chart" and an offset one "trend" are expected"#),
            .misleads(
                #""event_annotation": false"#, #""event_annotation": true"#,
                "\(page).widgets[0].config.event_annotation: a search of type events is expected"),
            .breaks(#""show_message_row": true, "#, "", "\(page).widgets[1].config.show_message_row: is missing"),
            .breaks(
                #""direction": "Descending""#, #""direction": "DESC""#,
                #"\#(page).widgets[1].config.sort[0].direction: one of Ascending, Descending is expected, not "DESC""#),
        ] as [PackVariant])
    func widgets(variant: PackVariant) throws {
        try variant.check()
    }
}
