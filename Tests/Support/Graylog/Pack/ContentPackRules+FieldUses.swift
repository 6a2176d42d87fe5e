// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension ContentPackRules {
    /// Every place of `pack` that names a message field, in order. What cannot be read names none.
    package static func fieldUses(in pack: JSONValue) -> [PackFieldUse] {
        var uses: [PackFieldUse] = []
        for (index, entity) in (pack["entities"]?.elements ?? []).enumerated() {
            let path = "entities[\(index)].data"
            let data = entity["data"] ?? .null
            switch PackContents.type(of: entity) {
            case "stream/1": uses += ruleUses(data, path)
            case "event_definition/1": uses += alertUses(data, path)
            case "dashboard/2": uses += dashboardUses(data, path)
            default: break
            }
        }
        return uses
    }

    // MARK: Streams and alerts

    private static func ruleUses(_ stream: JSONValue, _ path: String) -> [PackFieldUse] {
        (stream["stream_rules"]?.elements ?? []).enumerated().compactMap { index, rule in
            let value = rule["value"]?["@value"]?.string ?? ""
            let use: PackFieldUse.Use? =
                switch rule["type"]?["@value"]?.string {
                case "EXACT", "REGEX", "CONTAINS": .rule(value)
                case "GREATER": .range(lower: value, upper: nil)
                case "SMALLER": .range(lower: nil, upper: value)
                case "PRESENCE": .exists
                default: nil
                }
            guard let use, let field = rule["field"]?["@value"]?.string else { return nil }
            return PackFieldUse(path: "\(path).stream_rules[\(index)].field", field: field, use: use)
        }
    }

    private static func alertUses(_ alert: JSONValue, _ path: String) -> [PackFieldUse] {
        let config = alert["config"] ?? .null
        var uses = queryUses(config["query"]?["@value"], "\(path).config.query")
        uses += seriesUses(config["series"], "\(path).config.series")
        uses += named(config["group_by"], .group, "\(path).config.group_by")
        let source = EventSource(config)
        for name in alert["field_spec"]?.names ?? [] {
            let providers = alert["field_spec"]?[name]?["providers"]?.elements ?? []
            for (index, provider) in providers.enumerated() {
                let path = "\(path).field_spec.\(name).providers[\(index)].template"
                let fields = provider["template"]?.string.flatMap { PackTemplate($0) }?.fields ?? []
                uses += fields.filter(source.takesFromMessage)
                    .map { PackFieldUse(path: path, field: $0, use: .template) }
            }
        }
        return uses
    }

    private static func queryUses(_ query: JSONValue?, _ path: String) -> [PackFieldUse] {
        guard let text = query?.string, let query = try? LuceneQuery(text) else { return [] }
        return query.terms.map { term in
            let use: PackFieldUse.Use =
                switch term.kind {
                case .values(let values): .query(values)
                case .exists: .exists
                case .range(let lower, let upper): .range(lower: lower?.text, upper: upper?.text)
                }
            return PackFieldUse(path: path, field: term.field, use: use)
        }
    }

    private static func seriesUses(_ series: JSONValue?, _ path: String) -> [PackFieldUse] {
        (series?.elements ?? []).enumerated().compactMap { index, element in
            guard let field = element["field"]?.string else { return nil }
            let function = element["type"]?.string ?? element["function"]?.string ?? ""
            return PackFieldUse(path: "\(path)[\(index)].field", field: field, use: .function(function))
        }
    }

    private static func named(_ names: JSONValue?, _ use: PackFieldUse.Use, _ path: String) -> [PackFieldUse] {
        (names?.elements ?? []).enumerated().compactMap { index, name in
            name.string.map { PackFieldUse(path: "\(path)[\(index)]", field: $0, use: use) }
        }
    }

    // MARK: Dashboards

    private static func dashboardUses(_ dashboard: JSONValue, _ path: String) -> [PackFieldUse] {
        var uses: [PackFieldUse] = []
        for (index, query) in (dashboard["search"]?["queries"]?.elements ?? []).enumerated() {
            let path = "\(path).search.queries[\(index)]"
            uses += queryUses(query["query"]?["query_string"], "\(path).query.query_string")
            for (index, search) in (query["search_types"]?.elements ?? []).enumerated() {
                uses += searchUses(search, "\(path).search_types[\(index)]")
            }
        }
        for id in dashboard["state"]?.names ?? [] {
            let page = dashboard["state"]?[id] ?? .null
            let path = "\(path).state.\(id)"
            uses += named(page["selected_fields"], .column, "\(path).selected_fields")
            for (index, rule) in (page["formatting"]?["highlighting"]?.elements ?? []).enumerated() {
                guard let column = rule["field"]?.string else { continue }
                let path = "\(path).formatting.highlighting[\(index)].field"
                // A column of a table has the name of its function.
                let function = PackFunction(column)
                let use = function.map { PackFieldUse.Use.function($0.name) } ?? .highlighting
                uses.append(PackFieldUse(path: path, field: function?.field ?? column, use: use))
            }
            for (index, widget) in (page["widgets"]?.elements ?? []).enumerated() {
                uses += widgetUses(widget, "\(path).widgets[\(index)]")
            }
        }
        return uses
    }

    private static func searchUses(_ search: JSONValue, _ path: String) -> [PackFieldUse] {
        var uses = queryUses(search["query"]?["query_string"], "\(path).query.query_string")
        uses += seriesUses(search["series"], "\(path).series")
        for groups in ["row_groups", "column_groups"] { uses += pivotUses(search[groups], "\(path).\(groups)") }
        return uses + sortUses(search["sort"], "\(path).sort")
    }

    private static func widgetUses(_ widget: JSONValue, _ path: String) -> [PackFieldUse] {
        var uses = queryUses(widget["query"]?["query_string"], "\(path).query.query_string")
        let config = widget["config"] ?? .null
        uses += named(config["fields"], .column, "\(path).config.fields")
        for (index, series) in (config["series"]?.elements ?? []).enumerated() {
            guard let function = series["function"]?.string.flatMap({ PackFunction($0) }), let field = function.field
            else { continue }
            let path = "\(path).config.series[\(index)].function"
            uses.append(PackFieldUse(path: path, field: field, use: .function(function.name)))
        }
        for pivots in ["row_pivots", "column_pivots"] {
            uses += pivotUses(config[pivots], "\(path).config.\(pivots)")
        }
        return uses + sortUses(config["sort"], "\(path).config.sort")
    }

    private static func pivotUses(_ pivots: JSONValue?, _ path: String) -> [PackFieldUse] {
        (pivots?.elements ?? []).enumerated().flatMap { index, pivot in
            named(pivot["fields"], .group, "\(path)[\(index)].fields")
        }
    }

    /// A sort by a series names a function, not a field.
    private static func sortUses(_ sorts: JSONValue?, _ path: String) -> [PackFieldUse] {
        (sorts?.elements ?? []).enumerated().compactMap { index, sort in
            guard sort["type"] != "series", let field = sort["field"]?.string else { return nil }
            return PackFieldUse(path: "\(path)[\(index)].field", field: field, use: .sort)
        }
    }
}
