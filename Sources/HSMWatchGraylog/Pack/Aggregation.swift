// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Numbers that Graylog computes of the messages it finds, and how it draws them.
struct Aggregation: Hashable, Sendable {
    /// A function over a field, and the name that it has on the dashboard.
    struct Series: Hashable, Sendable {
        enum Function: String, Hashable, Sendable {
            case count, latest, min, max
        }

        let function: Function
        /// Nil only for `count`.
        let field: String?
        let name: String

        init(_ function: Function, _ field: String? = nil, named name: String) {
            self.function = function
            self.field = field
            self.name = name
        }

        /// `min(sockets_available)`
        var expression: String { "\(function.rawValue)(\(field ?? ""))" }
    }

    /// Which numbers are good: a trend towards them is green.
    enum Preference: String, Hashable, Sendable {
        case lower = "LOWER"
        case higher = "HIGHER"
    }

    /// By what the messages are divided.
    fileprivate enum Pivot: Hashable, Sendable {
        /// Into spans, as many as fit.
        case time
        /// One for each combination of the fields' values, `mostValues` at most.
        case values([String])
    }

    fileprivate enum Look: Hashable, Sendable {
        case number(Preference)
        case table(pinned: [String])
        case steps
        case bars
        case percentages
    }

    /// Rows, lines or parts at most. Graylog takes those with the most messages.
    static let mostValues = 100

    /// Series by which a table is sorted, the smallest value first. Not `latest`: Graylog sorts by the number of
    /// messages then.
    private let smallestFirst: Series?
    private let look: Look
    private let rows: [Pivot]
    private let columns: [Pivot]
    private let series: [Series]

    /// The newest value of a field, with its trend. Only `latest` shows nothing when there is nothing: others show 0.
    static func latest(_ field: String, better preference: Preference) -> Aggregation {
        Aggregation(
            smallestFirst: nil, look: .number(preference), rows: [], columns: [],
            series: [Series(.latest, field, named: field)])
    }

    /// A row for each value of the field.
    static func table(of field: String, _ series: [Series], smallestFirst: Series? = nil) -> Aggregation {
        Aggregation(
            smallestFirst: smallestFirst, look: .table(pinned: [field]), rows: [.values([field])], columns: [],
            series: series)
    }

    /// Over time, a line of steps for each value of `field`.
    static func steps(_ series: Series, by field: String) -> Aggregation {
        Aggregation(smallestFirst: nil, look: .steps, rows: [.time], columns: [.values([field])], series: [series])
    }

    /// Over time, bars with one part for each value of `field`.
    static func bars(_ series: Series, by field: String) -> Aggregation {
        Aggregation(smallestFirst: nil, look: .bars, rows: [.time], columns: [.values([field])], series: [series])
    }

    /// Over time, a row of coloured fields for each value of `field`; the numbers are from 0 to 100.
    static func percentages(_ series: Series, by field: String) -> Aggregation {
        Aggregation(
            smallestFirst: nil, look: .percentages, rows: [.values([field])], columns: [.time], series: [series])
    }

    /// Whether a second search shows the time before.
    var hasTrend: Bool { if case .number = look { true } else { false } }

    /// Whether alerts are marked in it.
    var marksAlerts: Bool { look == .steps }

    /// The members of a search type.
    var searched: [JSONTree.Member] {
        [
            .init("series", .array(series.map(\.searched))),
            .init("row_groups", .array(rows.map(\.searched))),
            .init("column_groups", .array(columns.map(\.searched))),
            .init("sort", sort),
            .init("rollup", .boolean(hasTrend)),
        ]
    }

    /// The configuration of a widget.
    var displayed: JSONTree {
        [
            "visualization": .string(look.name),
            "visualization_config": look.settings,
            "event_annotation": .boolean(marksAlerts),
            "row_pivots": .array(rows.map(\.displayed)),
            "column_pivots": .array(columns.map(\.displayed)),
            "row_limit": Self.limit(of: rows),
            "column_limit": Self.limit(of: columns),
            "series": .array(series.map(\.displayed)),
            "rollup": .boolean(hasTrend),
            "formatting_settings": nil,
            "sort": sort,
        ]
    }

    private var sort: JSONTree {
        guard let smallestFirst else { return [] }
        return [["type": "series", "field": .string(smallestFirst.expression), "direction": "Ascending"]]
    }

    private static func limit(of pivots: [Pivot]) -> JSONTree {
        pivots.contains { $0 != .time } ? .integer(mostValues) : nil
    }
}

extension Aggregation.Series {
    fileprivate var searched: JSONTree {
        .object(
            [.init("type", .string(function.rawValue)), .init("id", .string(name))]
                + (field.map { [.init("field", .string($0))] } ?? []))
    }

    fileprivate var displayed: JSONTree {
        ["config": ["name": .string(name)], "function": .string(expression)]
    }
}

extension Aggregation.Pivot {
    private static let span: JSONTree = ["type": "auto", "scaling": .decimal(1)]
    private static let limit = JSONTree.integer(Aggregation.mostValues)

    fileprivate var searched: JSONTree {
        switch self {
        case .time: ["type": "time", "fields": ["timestamp"], "interval": Self.span]
        case .values(let fields): ["type": "values", "fields": .strings(fields), "limit": Self.limit]
        }
    }

    fileprivate var displayed: JSONTree {
        switch self {
        case .time: ["fields": ["timestamp"], "type": "time", "config": ["interval": Self.span]]
        case .values(let fields): ["fields": .strings(fields), "type": "values", "config": ["limit": Self.limit]]
        }
    }
}

extension Aggregation.Look {
    fileprivate var name: String {
        switch self {
        case .number: "numeric"
        case .table: "table"
        case .steps: "line"
        case .bars: "bar"
        case .percentages: "heatmap"
        }
    }

    fileprivate var settings: JSONTree {
        switch self {
        case .number(let preference): ["trend": true, "trend_preference": .string(preference.rawValue)]
        case .table(let fields): ["pinned_columns": .strings(fields)]
        case .steps: ["interpolation": "step-after", "axis_type": "linear"]
        case .bars: ["barmode": "stack", "axis_type": "linear"]
        case .percentages:
            // The scale's ends are texts (`HeatmapVisualizationConfigDTO`). Without a default value a gap stays a gap.
            [
                "color_scale": .string(Highlighting.gradient), "reverse_scale": true, "auto_scale": false,
                "z_min": "0", "z_max": "100", "default_value": nil, "use_smallest_as_default": false,
            ]
        }
    }
}
