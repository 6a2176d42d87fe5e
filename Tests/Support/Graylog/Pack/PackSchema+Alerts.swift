// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackSchema {
    /// Source: `EventDefinitionEntity`, `ScopedContentPackEntity`.
    static let eventDefinition = PackSchema(
        .required("title", .wrapped(.string)), .required("description", .wrapped(.string)),
        .required("priority", .wrapped(.integer)), .required("alert", .wrapped(.boolean)),
        .required("config", .variant(by: "type", ["aggregation-v1": aggregation])),
        .required("field_spec", .dictionary(.object(fieldSpec))), .required("key_spec", .list(.text)),
        .required(
            "notification_settings",
            .object(PackSchema(.required("grace_period_ms", .milliseconds), .required("backlog_size", .milliseconds)))),
        .required(
            "notifications",
            .list(
                .object(
                    PackSchema(
                        .required("notification_id", .wrapped(.string)),
                        .optional("notification_parameters", .optional(.emptyObject)))))),
        .required(
            "storage",
            .list(.variant(by: "type", ["persist-to-streams-v1": PackSchema(.optional("streams", .list(.text)))]))),
        .optional("is_scheduled", .wrapped(.boolean)), .optional("updated_at", .optional(.text)),
        .optional("matched_at", .optional(.text)), .optional("_scope", .optional(.wrapped(.string))),
        .optional("remediation_steps", .optional(.wrapped(.string)), since: .v60),
        .optional("event_procedure", .optional(.wrapped(.string)), since: .v62),
        .optional("event_summary_template", .optional(.wrapped(.string)), since: .v71),
        .optional("tags", .list(.text), since: .v72), .optional("tactics_techniques", .list(.text), since: .v72))

    /// Source: `AggregationEventProcessorConfigEntity`. Conditions and series have checks of their own.
    private static let aggregation = PackSchema(
        .required("query", .wrapped(.string)), .required("streams", .list(.text)), .required("group_by", .list(.text)),
        .required("series", .list(.any)),
        .optional("conditions", .optional(.object(PackSchema(.optional("expression", .any))))),
        .required("search_within_ms", .milliseconds), .required("execute_every_ms", .milliseconds),
        .optional("event_limit", .count), .optional("filters", .emptyList, since: .v60),
        .optional("stream_categories", .list(.text), since: .v61),
        .optional("use_cron_scheduling", .flag, since: .v61),
        .optional("cron_expression", .optional(.text), since: .v61),
        .optional("cron_timezone", .optional(.text), since: .v61),
        .optional("query_parameters", .optional(.emptyList), since: .v62))

    /// Source: `EventFieldSpec`, `FieldValueType`, `TemplateFieldValueProvider`.
    private static let fieldSpec = PackSchema(
        .required("data_type", .word(["string"])),
        .required(
            "providers",
            .list(
                .variant(
                    by: "type",
                    ["template-v1": PackSchema(.required("template", .text), .optional("require_values", .flag))]))))

    // MARK: Series

    /// The functions of a series, by `type`.
    ///
    /// Source: the classes of `views.search.searchtypes.pivot.series`.
    static let series: [String: PackSchema] = [
        "count": PackSchema(.optional("id", .text), .optional("field", .optional(.text))),
        "card": ofField, "min": ofField, "max": ofField, "sum": ofField, "stddev": ofField, "variance": ofField,
        "latest": ofField, "sumofsquares": ofField,
        "avg": ofField.with(.optional("whole_number", .flag, since: .v60)),
        "percentile": ofField.with(.required("percentile", .number)),
        "percentage": PackSchema(
            .optional("id", .text), .optional("field", .optional(.text)),
            .optional("strategy", .optional(.word(["COUNT", "SUM"])))),
    ]

    private static let ofField = PackSchema(.optional("id", .text), .required("field", .text))

    // MARK: Conditions

    /// An expression that is a number.
    ///
    /// Source: `Expr`.
    static let numbers: [String: PackSchema] = [
        "number": PackSchema(.required("value", .number)), "number-ref": PackSchema(.required("ref", .text)),
    ]

    /// An expression that holds or does not. What is in it has checks of its own.
    static let conditions: [String: PackSchema] = [
        "true": PackSchema(), "&&": ofTwo, "||": ofTwo, "!": PackSchema(.required("left", .any)),
        "group": PackSchema(.required("child", .any), .required("operator", .text)), "==": ofTwo, "<": ofTwo,
        "<=": ofTwo, ">": ofTwo, ">=": ofTwo,
    ]

    private static let ofTwo = PackSchema(.required("left", .any), .required("right", .any))
}
