// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackSchema {
    /// Source: `ContentPackV1`, `Identified`, `Revisioned`, `Versioned`.
    static let pack = PackSchema(
        .required("v", .word(["1"])), .required("id", .text), .required("rev", .integer(1...Int64(Int32.max))),
        .required("name", .text), .required("summary", .text), .required("description", .text),
        .required("vendor", .text), .required("url", .text), .required("entities", .list(.object(entity))),
        .optional("parameters", .list(.object(parameter))), .optional("created_at", .text),
        .optional("server_version", .text))

    /// Source: `EntityV1`, `ModelType`. The constraints have a default that the JSON reader does not use.
    private static let entity = PackSchema(
        .required("v", .word(["1"])), .required("id", .text),
        .required("type", .object(PackSchema(.required("name", .text), .required("version", .text)))),
        .required("data", .any),
        .required(
            "constraints",
            .list(
                .variant(
                    by: "type",
                    [
                        "server-version": PackSchema(.required("version", .text)),
                        "plugin-version": PackSchema(.required("plugin", .text), .required("version", .text)),
                    ]))))

    /// Source: `Parameter`.
    private static let parameter = PackSchema(
        .required("name", .text), .required("title", .text), .required("description", .text),
        .required("type", .word(["string", "boolean", "integer", "long", "double"])), .optional("default_value", .any))

    /// What `data` must be for each type of entity that is known here; others are only looked at from outside.
    static let data: [String: PackSchema] = [
        "input/1": input, "stream/1": stream, "notification/1": notification, "event_definition/1": eventDefinition,
        "dashboard/2": view,
    ]

    /// Source: `InputEntity`.
    private static let input = PackSchema(
        .required("title", .wrapped(.string)), .required("configuration", .dictionary(.references)),
        .required("static_fields", .dictionary(.wrapped(.string))), .required("type", .wrappedValue(.string)),
        .required("global", .wrapped(.boolean)), .required("extractors", .emptyList))

    /// Source: `StreamEntity`, `StreamRuleEntity`.
    private static let stream = PackSchema(
        .required("title", .wrapped(.string)), .required("description", .wrapped(.string)),
        .required("disabled", .wrapped(.boolean)), .required("matching_type", .wrapped(.string)),
        .required(
            "stream_rules",
            .list(
                .object(
                    PackSchema(
                        .required("type", .wrapped(.string)), .required("field", .wrapped(.string)),
                        .required("value", .wrapped(.string)), .required("inverted", .wrapped(.boolean)),
                        .required("description", .wrapped(.string)))))),
        .required("alert_conditions", .emptyList), .required("alarm_callbacks", .emptyList),
        .required("outputs", .emptyList), .required("default_stream", .wrapped(.boolean)),
        .required("remove_matches", .wrapped(.boolean)),
        .optional("favorite_fields", .optional(.list(.text)), since: .v71))

    // MARK: Notifications

    /// Source: `NotificationEntity`, and the classes of its configurations.
    private static let notification = PackSchema(
        .required("title", .wrapped(.string)), .required("description", .wrapped(.string)),
        .required(
            "config",
            .variant(
                by: "type",
                [
                    "email-notification-v1": mail,
                    "http-notification-v1": PackSchema(.required("url", .wrapped(.string))),
                    "http-notification-v2": post,
                ])))

    private static let mail = PackSchema(
        .required("sender", .wrapped(.string)), .required("subject", .wrapped(.string)),
        .required("body_template", .wrappedValue(.string)), .required("email_recipients", .list(.text)),
        .required("user_recipients", .list(.text)), .optional("replyTo", .wrappedValue(.string)),
        .optional("html_body_template", .wrappedValue(.string)), .optional("time_zone", .wrapped(.string)),
        .optional("lookup_recipient_emails", .wrapped(.boolean), since: .v60),
        .optional("recipients_lut_name", .wrapped(.string), since: .v60),
        .optional("recipients_lut_key", .wrapped(.string), since: .v60),
        .optional("lookup_sender_email", .wrapped(.boolean), since: .v60),
        .optional("sender_lut_name", .wrapped(.string), since: .v60),
        .optional("sender_lut_key", .wrapped(.string), since: .v60),
        .optional("lookup_reply_to_email", .wrapped(.boolean), since: .v60),
        .optional("reply_to_lut_name", .wrapped(.string), since: .v60),
        .optional("reply_to_lut_key", .wrapped(.string), since: .v60),
        .optional("single_email", .wrapped(.boolean), since: .v62), .optional("cc_users", .list(.text), since: .v62),
        .optional("cc_emails", .list(.text), since: .v62),
        .optional("lookup_cc_emails", .wrapped(.boolean), since: .v62),
        .optional("cc_emails_lut_name", .wrapped(.string), since: .v62),
        .optional("cc_emails_lut_key", .wrapped(.string), since: .v62),
        .optional("bcc_users", .list(.text), since: .v62), .optional("bcc_emails", .list(.text), since: .v62),
        .optional("lookup_bcc_emails", .wrapped(.boolean), since: .v62),
        .optional("bcc_emails_lut_name", .wrapped(.string), since: .v62),
        .optional("bcc_emails_lut_key", .wrapped(.string), since: .v62),
        .optional("include_event_procedures", .wrapped(.boolean), since: .v70))

    private static let post = PackSchema(
        .required("url", .wrapped(.string)), .required("skip_tls_verification", .wrapped(.boolean)),
        .required("method", .wrapped(.string)), .required("time_zone", .wrapped(.string)),
        .required("content_type", .wrapped(.string)), .required("headers", .wrapped(.string)),
        .required("body_template", .wrapped(.string)), since: .v60)
}
