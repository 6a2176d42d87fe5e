// SPDX-License-Identifier: Apache-2.0

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

    /// By what the messages are divided.
    fileprivate enum Pivot: Hashable, Sendable {
        /// Into spans, as many as fit.
        case time
        /// One for each combination of the fields' values, `limit` at most.
        case values([String], limit: Int)
    }

    fileprivate enum Look: String, Hashable, Sendable {
        case number = "numeric"
        case table
        case lines = "line"
        case bars = "bar"
    }

    /// Series by which a table is sorted, the smallest value first; not `latest`, by which Graylog cannot.
    private let smallestFirst: Series?
    private let look: Look
    private let rows: [Pivot]
    private let columns: [Pivot]
    private let series: [Series]

    /// One number, of which a smaller one is worse.
    static func number(_ series: Series) -> Aggregation {
        Aggregation(smallestFirst: nil, look: .number, rows: [], columns: [], series: [series])
    }

    /// A row for each combination of the fields' values, `limit` at most.
    static func table(
        of fields: [String], limit: Int, _ series: [Series], smallestFirst: Series? = nil
    ) -> Aggregation {
        Aggregation(
            smallestFirst: smallestFirst, look: .table, rows: [.values(fields, limit: limit)], columns: [],
            series: series)
    }

    /// Over time, a line for each value of `field`, `limit` at most.
    static func lines(_ series: Series, by field: String, limit: Int) -> Aggregation {
        Aggregation(
            smallestFirst: nil, look: .lines, rows: [.time], columns: [.values([field], limit: limit)],
            series: [series])
    }

    /// Over time, bars of one part for each value of `field`, `limit` at most.
    static func bars(_ series: Series, by field: String, limit: Int) -> Aggregation {
        Aggregation(
            smallestFirst: nil, look: .bars, rows: [.time], columns: [.values([field], limit: limit)],
            series: [series])
    }

    /// The members of a search type.
    var searched: [JSONTree.Member] {
        [
            .init("series", .array(series.map(\.searched))),
            .init("row_groups", .array(rows.map(\.searched))),
            .init("column_groups", .array(columns.map(\.searched))),
            .init("sort", sort),
            .init("rollup", .boolean(rollsUp)),
        ]
    }

    /// The configuration of a widget.
    var displayed: JSONTree {
        [
            "visualization": .string(look.rawValue),
            "visualization_config": look.settings,
            "event_annotation": false,
            "row_pivots": .array(rows.map(\.displayed)),
            "column_pivots": .array(columns.map(\.displayed)),
            "series": .array(series.map(\.displayed)),
            "rollup": .boolean(rollsUp),
            "formatting_settings": nil,
            "sort": sort,
        ]
    }

    private var sort: JSONTree {
        guard let smallestFirst else { return [] }
        return [["type": "series", "field": .string(smallestFirst.expression), "direction": "Ascending"]]
    }

    /// A number is the row that sums up all others.
    private var rollsUp: Bool { look == .number }
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

    fileprivate var searched: JSONTree {
        switch self {
        case .time: ["type": "time", "fields": ["timestamp"], "interval": Self.span]
        case .values(let fields, let limit):
            ["type": "values", "fields": .strings(fields), "limit": .integer(limit)]
        }
    }

    fileprivate var displayed: JSONTree {
        switch self {
        case .time: ["fields": ["timestamp"], "type": "time", "config": ["interval": Self.span]]
        case .values(let fields, let limit):
            ["fields": .strings(fields), "type": "values", "config": ["limit": .integer(limit)]]
        }
    }
}

extension Aggregation.Look {
    fileprivate var settings: JSONTree {
        switch self {
        // A trend would need a second search, of the time before.
        case .number: ["trend": false, "trend_preference": "NEUTRAL"]
        case .table: nil
        case .lines: ["interpolation": "linear", "axis_type": "linear"]
        case .bars: ["barmode": "stack", "axis_type": "linear"]
        }
    }
}
