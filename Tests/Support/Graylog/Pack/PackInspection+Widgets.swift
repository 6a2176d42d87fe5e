// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackInspection {
    /// What a widget shows before somebody changes it is the result of its searches, which must therefore be those that
    /// the web interface would make for it.
    ///
    /// Source: `PivotConfigGenerator`, `AggregationBuilder` and `NumberVisualization` of the web interface, `OSPivot`.
    mutating func checkWidget(
        _ widget: JSONValue, _ searches: [JSONValue], _ path: String, _ contents: PackContents
    ) {
        checkStreams(widget, path, contents)
        checkTimeRange(widget["timerange"], "\(path).timerange")
        checkQuery(widget["query"]?["query_string"], "\(path).query.query_string")
        let wanted = widget["type"] == "messages" ? "messages" : "pivot"
        // Alerts that are marked in a chart are a search of their own.
        let marksAlerts = widget["config"]?["event_annotation"] == true
        if marksAlerts, !searches.contains(where: { $0["type"] == "events" }) {
            report("\(path).config.event_annotation", "a search of type events is expected")
        }
        let pivots = searches.filter { !(marksAlerts && $0["type"] == "events") }
        for search in pivots where search["type"]?.string != wanted {
            report(path, "its search is no \(wanted)")
        }
        for key in ["query", "timerange"] {
            // A search for a trend is that of another time.
            for search in searches where search["timerange"]?["type"] != "offset" || key == "query" {
                guard (search[key] ?? .null) != (widget[key] ?? .null) else { continue }
                report("\(path).\(key)", "not that of its search, which is what is shown first")
            }
        }
        guard widget["type"] == "aggregation", let config = widget["config"] else { return }
        checkAggregation(config, pivots, "\(path).config")
        checkPivots(config, "\(path).config")
        checkNumber(config, pivots, "\(path).config")
    }

    /// A widget finds its values in the result by the name of the series, or else its function.
    ///
    /// Source: `Series.effectiveName` and `DataTableEntry` of the web interface.
    private mutating func checkAggregation(_ config: JSONValue, _ searches: [JSONValue], _ path: String) {
        var functions: [String] = []
        var names: [String] = []
        for (index, series) in (config["series"]?.elements ?? []).enumerated() {
            guard let text = series["function"]?.string else { continue }
            guard let function = PackFunction(text), PackSchema.series[function.name] != nil,
                function.field != nil || ["count", "percentage"].contains(function.name)
            else {
                report("\(path).series[\(index)].function", "no known function: \(text)")
                continue
            }
            functions.append(function.text)
            let name = series["config"]?["name"]?.string ?? ""
            names.append(name.isEmpty ? text : name)
        }
        if functions.isEmpty { report("\(path).series", "nothing is shown") }
        checkSorts(config["sort"], by: functions, "\(path).sort")
        let wanted = zip(names, functions).map { "\($0) = \($1)" }
        for search in searches where search["type"] == "pivot" {
            checkSame(Self.series(of: search), wanted, "\(path).series")
            for (pivots, groups) in [("row_pivots", "row_groups"), ("column_pivots", "column_groups")] {
                checkSame(
                    (search[groups]?.elements ?? []).map(Self.pivot), (config[pivots]?.elements ?? []).map(Self.pivot),
                    "\(path).\(pivots)")
            }
            if (search["sort"] ?? []) != (config["sort"] ?? []) {
                report("\(path).sort", "not that of its search, which is what is shown first")
            }
            // Without columns, Graylog computes the sum of all in any case.
            let isSplit = config["column_pivots"]?.elements.isEmpty == false
            if isSplit, search["rollup"] != (config["rollup"] ?? true) {
                report("\(path).rollup", "not that of its search, which is what is shown first")
            }
        }
    }

    private mutating func checkPivots(_ config: JSONValue, _ path: String) {
        for pivots in ["row_pivots", "column_pivots"] {
            for (index, pivot) in (config[pivots]?.elements ?? []).enumerated() {
                guard let type = pivot["type"]?.string, let schema = PackSchema.pivotConfigurations[type] else {
                    continue
                }
                let path = "\(path).\(pivots)[\(index)]"
                inspect(pivot["config"] ?? .null, as: .object(schema), "\(path).config")
                if pivot["fields"]?.elements.isEmpty != false { report("\(path).fields", "no field") }
            }
        }
    }

    /// A single number is one value, and its trend is the result of a second search, of another time.
    private mutating func checkNumber(_ config: JSONValue, _ searches: [JSONValue], _ path: String) {
        guard config["visualization"] == "numeric" else {
            if searches.count > 1 { report(path, "more than one search for a widget without a trend") }
            return
        }
        for pivots in ["row_pivots", "column_pivots"] where config[pivots]?.elements.isEmpty == false {
            report("\(path).\(pivots)", "a single number has no groups")
        }
        if config["series"]?.elements.count ?? 0 > 1 { report("\(path).series", "a single number has one series") }
        for (index, series) in (config["series"]?.elements ?? []).enumerated() {
            guard let function = series["function"]?.string, NumberTile.text(function, over: []) == "0",
                !function.hasPrefix("count(")
            else { continue }
            report("\(path).series[\(index)].function", "\(function) shows 0 when there are no messages")
        }
        let names = Set(searches.map { $0["name"]?.string ?? "" })
        let trends = searches.filter { $0["name"] == "trend" && $0["timerange"]?["type"] == "offset" }
        if config["visualization_config"]?["trend"] == true {
            if trends.count != 1 || names != ["chart", "trend"] {
                report(
                    "\(path).visualization_config.trend", "a search \"chart\" and an offset one \"trend\" are expected")
            }
        } else if searches.count > 1 {
            report(path, "more than one search for a widget without a trend")
        }
    }

    private mutating func checkSame(_ search: [String], _ widget: [String], _ path: String) {
        guard search != widget else { return }
        report(
            path,
            "the search has \(search.joined(separator: ", ")), but the widget \(widget.joined(separator: ", "))")
    }

    /// The series of a search, each with its name.
    private static func series(of search: JSONValue) -> [String] {
        (search["series"]?.elements ?? []).compactMap { element in
            guard case .object(let members) = element else { return nil }
            let function = PackFunction(members["type"]?.string ?? "", members).text
            return "\(members["id"]?.string ?? function) = \(function)"
        }
    }

    private static func pivot(_ pivot: JSONValue) -> String {
        let fields = (pivot["fields"]?.elements ?? []).compactMap(\.string).joined(separator: "+")
        return "\(pivot["type"]?.string ?? "") of \(fields)"
    }
}
