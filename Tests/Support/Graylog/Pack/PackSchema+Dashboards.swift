// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackSchema {
    /// Source: `ViewEntity`.
    static let view = PackSchema(
        .required("type", .word(["DASHBOARD"])), .required("title", .wrapped(.string)),
        .optional("summary", .wrapped(.string)), .optional("description", .wrapped(.string)),
        .required("search", .object(search)), .required("state", .dictionary(.object(page))),
        .optional("properties", .list(.text)), .optional("requires", .emptyObject),
        .optional("owner", .optional(.text)), .optional("created_at", .text))

    // MARK: Searches

    /// Source: `SearchEntity`.
    private static let search = PackSchema(
        .required("queries", .list(.object(query))), .optional("parameters", .emptyList),
        .optional("requires", .emptyObject), .optional("owner", .optional(.text)), .optional("created_at", .text))

    /// Source: `QueryEntity`. Without search types the upload fails, which has a check of its own.
    private static let query = PackSchema(
        .required("id", .text), .required("timerange", timeRange), .optional("filter", .optional(.emptyObject)),
        .optional("filters", .emptyList), .required("query", queryString),
        .optional(
            "search_types", .list(.variant(by: "type", ["pivot": pivot, "messages": messages, "events": searchType]))))

    /// Source: `ElasticsearchQueryString`.
    private static let queryString = PackKind.variant(
        by: "type", ["elasticsearch": PackSchema(.required("query_string", .text))])

    /// Source: `TimeRange` and its classes.
    private static let timeRanges: [String: PackSchema] = [
        "relative": PackSchema(.optional("range", .count), .optional("from", .count), .optional("to", .count)),
        "absolute": PackSchema(.required("from", .text), .required("to", .text)),
        "keyword": PackSchema(.required("keyword", .text), .optional("timezone", .optional(.text))),
    ]

    private static let timeRange = PackKind.variant(by: "type", timeRanges)

    /// Source: `SearchTypeEntity`, and `OffsetRange`, which is for search types only. `EventListEntity` has no more keys.
    private static let searchType = PackSchema(
        .required("id", .text), .optional("name", .optional(.text)), .optional("filter", .optional(.emptyObject)),
        .optional("filters", .emptyList),
        .optional(
            "timerange",
            .optional(
                .variant(
                    by: "type",
                    timeRanges.merging([
                        "offset": PackSchema(
                            .required("source", .text), .optional("id", .optional(.text)), .optional("offset", .text))
                    ]) { $1 }))),
        .optional("query", .optional(queryString)), .optional("streams", .list(.text)),
        .optional("stream_categories", .list(.text), since: .v61))

    /// Source: `PivotEntity`. Series have checks of their own.
    private static let pivot = searchType.with(
        .optional("row_groups", .list(bucket)), .optional("column_groups", .list(bucket)),
        .required("series", .list(.any)), .optional("sort", .list(sort)), .required("rollup", .flag),
        .optional("row_limit", .optional(.count)), .optional("column_limit", .optional(.count)))

    /// Source: `Values`, `Time`, `AutoInterval`, `TimeUnitInterval`. They take a `field`, too, as before 5.1, which is
    /// not what Graylog writes.
    private static let bucket = PackKind.variant(
        by: "type",
        [
            "values": PackSchema(
                .required("fields", .list(.text)), .optional("limit", .count),
                .optional("skip_empty_values", .optional(.flag))),
            "time": PackSchema(
                .required("fields", .list(.text)),
                .required(
                    "interval",
                    .variant(
                        by: "type",
                        [
                            "auto": PackSchema(.optional("scaling", .optional(.number))),
                            "timeunit": PackSchema(.required("timeunit", .text)),
                        ]))),
        ])

    /// Source: `PivotSort`, `SeriesSort`; of widgets, `PivotSortConfig`, `SeriesSortConfig`.
    private static let sort = PackKind.variant(by: "type", ["pivot": sorted, "series": sorted])

    private static let sorted = PackSchema(
        .required("field", .text), .required("direction", .word(["Ascending", "Descending"])))

    /// Source: `MessageListEntity`, `Sort`.
    private static let messages = searchType.with(
        .optional("limit", .count), .optional("offset", .count), .optional("decorators", .emptyList),
        .optional(
            "sort",
            .optional(
                .list(.object(PackSchema(.required("field", .text), .required("order", .word(["ASC", "DESC"]))))))))

    // MARK: Pages

    /// Source: `ViewStateEntity`, `Titles`, `WidgetPositionDTO`, `FormattingSettings`, `DisplayModeSettings`.
    private static let page = PackSchema(
        .optional("selected_fields", .optional(.list(.text))), .optional("static_message_list_id", .optional(.text)),
        .optional("titles", .dictionary(.dictionary(.text))),
        .required("widgets", .list(.variant(by: "type", widgets))),
        .required("widget_mapping", .dictionary(.list(.text))), .required("positions", .dictionary(.object(position))),
        .optional(
            "formatting", .optional(.object(PackSchema(.optional("highlighting", .list(.object(highlighting))))))),
        .optional("display_mode_settings", .object(PackSchema(.optional("positions", .dictionary(.object(position)))))))

    private static let position = PackSchema(
        .required("col", .any), .required("row", .any), .required("height", .any), .required("width", .any))

    private static let highlighting = PackSchema(
        .required("field", .text), .required("value", .any), .required("color", .any),
        .optional(
            "condition", .word(["equal", "not_equal", "less_equal", "less", "greater_equal", "greater"])))

    /// Source: `WidgetEntity`.
    private static let widget = PackSchema(
        .required("id", .text), .optional("filter", .optional(.text)), .optional("filters", .emptyList),
        .optional("timerange", .optional(timeRange)), .optional("query", .optional(queryString)),
        .optional("streams", .list(.text)), .optional("stream_categories", .list(.text), since: .v61),
        .optional("description", .optional(.text), since: .v70), .optional("context", .optional(.text), since: .v70))

    private static let widgets: [String: PackSchema] = [
        "aggregation": widget.with(.required("config", .variant(by: "visualization", visualizations))),
        "messages": widget.with(.required("config", .object(messageList))),
    ]

    /// Source: `MessageListConfigDTO`.
    private static let messageList = PackSchema(
        .required("fields", .list(.text)), .required("show_message_row", .flag),
        .optional("show_summary", .optional(.flag)), .optional("decorators", .emptyList),
        .optional("sort", .list(sort)), .optional("units", .dictionary(.any), since: .v61))

    // MARK: Aggregations

    /// Source: `AggregationConfigDTO`.
    private static let aggregation = PackSchema(
        .required("row_pivots", .list(.object(widgetPivot))), .required("column_pivots", .list(.object(widgetPivot))),
        .required("series", .list(.object(widgetSeries))), .required("sort", .list(sort)),
        .optional("formatting_settings", .optional(.object(formatting))), .optional("rollup", .flag),
        .optional("event_annotation", .flag), .optional("row_limit", .optional(.count)),
        .optional("column_limit", .optional(.count)), .optional("units", .dictionary(.any), since: .v61))

    private static let formatting = PackSchema(
        .required(
            "chart_colors",
            .list(.object(PackSchema(.required("field_name", .text), .required("chart_color", .text))))))

    /// Source: `SeriesDTO`, `SeriesConfigDTO`.
    private static let widgetSeries = PackSchema(
        .optional(
            "config",
            .object(
                PackSchema(.optional("name", .optional(.text)), .optional("thresholds", .list(.any), since: .v70)))),
        .required("function", .text))

    /// Source: `PivotDTO`. Its config depends on its type, and has a check of its own.
    private static let widgetPivot = PackSchema(
        .required("fields", .list(.text)), .required("type", .word(["values", "time"])), .required("config", .any))

    /// What a widget's pivot is configured with, by its type.
    ///
    /// Source: `ValueConfigDTO`, `TimeHistogramConfigDTO`, `AutoIntervalDTO`, `TimeUnitIntervalDTO`.
    static let pivotConfigurations: [String: PackSchema] = [
        "values": PackSchema(.optional("limit", .count), .optional("skip_empty_values", .optional(.flag))),
        "time": PackSchema(
            .required(
                "interval",
                .variant(
                    by: "type",
                    [
                        "auto": PackSchema(.optional("scaling", .optional(.number))),
                        "timeunit": PackSchema(
                            .required("value", .count),
                            .required(
                                "unit", .word(["seconds", "minutes", "hours", "days", "weeks", "months", "years"]))),
                    ]))),
    ]

    /// An aggregation by its visualization, which decides what `visualization_config` is.
    ///
    /// Source: the classes registered as `VisualizationConfigDTO`. A visualization without one takes `null` only.
    private static let visualizations: [String: PackSchema] = [
        "numeric": shown(
            PackSchema(
                .optional("trend", .flag), .optional("trend_preference", .word(["LOWER", "NEUTRAL", "HIGHER"])))),
        "line": shown(curve), "area": shown(curve),
        "bar": shown(
            PackSchema(
                .required("barmode", .word(["stack", "overlay", "group", "relative"])), .optional("axis_type", axis),
                .optional("axis_config", .any, since: .v71))),
        "scatter": shown(PackSchema(.optional("axis_type", axis), .optional("axis_config", .any, since: .v71))),
        "table": shown(
            PackSchema(
                .optional("pinned_columns", .list(.text)), .optional("show_row_numbers", .flag, since: .v70))),
        "heatmap": shown(
            PackSchema(
                .required("color_scale", .text), .required("reverse_scale", .flag), .required("auto_scale", .flag),
                .optional("z_min", .optional(.text)), .optional("z_max", .optional(.text)),
                .optional("default_value", .optional(.number)), .required("use_smallest_as_default", .flag))),
        "pie": aggregation.with(.optional("visualization_config", .optional(.nothing))),
    ]

    private static let curve = PackSchema(
        .optional("interpolation", .word(["linear", "step-after", "spline"])), .optional("axis_type", axis),
        .optional("axis_config", .any, since: .v71))

    private static let axis = PackKind.word(["linear", "logarithmic"])

    private static func shown(_ configuration: PackSchema) -> PackSchema {
        aggregation.with(.optional("visualization_config", .optional(.object(configuration))))
    }
}
