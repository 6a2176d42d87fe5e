// SPDX-License-Identifier: Apache-2.0

/// The field names that are taken: an extra field of such a name would be lost, would replace what is true, or would
/// cost the whole message. Each name is the one that Graylog's index gets: `_` for `.`.
enum ReservedFields {
    /// Whether `name` is taken, and always was.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || name.hasPrefix("gl2_") || metadata.contains(name)
    }

    /// Whether hsmwatch sends a field of that name since a version after 0.1.0. A configuration that was valid then may
    /// have an extra field of that name: it stays valid, and hsmwatch's own field is sent.
    static func isTakenSince010(_ name: String) -> Bool {
        newer.contains(name)
    }

    private static let names = graylog.union(sentBy010)
    private static let newer = Set(MessageField.all.map(\.name)).subtracting(sentBy010)

    /// The fields of the messages of 0.1.0.
    private static let sentBy010: Set<String> = [
        "action", "critical_seconds", "dropped", "endpoint", "event_source", "event_type", "exhaustion_seconds",
        "failure", "failure_detail", "hsm_address", "hsm_error_code", "hsm_host", "hsm_name", "hsm_port",
        "hsms_critical", "hsms_ok", "hsms_total", "hsms_unknown", "hsms_unreachable", "hsms_warning", "instance",
        "latency_ms", "outage_seconds", "output", "previous_state", "probes", "probes_failed", "probes_skipped",
        "query_port", "reason", "reply", "resent", "sequence", "sockets_available", "sockets_consumed",
        "sockets_consumed_percent", "sockets_total", "spooled", "state", "state_seconds", "threshold_critical",
        "threshold_warning", "uptime_seconds", "waiting",
    ]

    /// GELF's and syslog's own fields, and those a Graylog server skips or overwrites.
    private static let graylog: Set<String> = [
        "application_name", "facility", "facility_num", "file", "full_message", "host", "id", "level", "line",
        "message", "process_id", "short_message", "source", "streams", "timestamp", "version",
    ]

    /// The index's own fields, of OpenSearch and of Elasticsearch: it rejects a whole document that has one of them.
    private static let metadata: Set<String> = [
        "_all", "_data_stream_timestamp", "_doc_count", "_feature", "_field_names", "_id", "_ignored", "_index",
        "_index_mode", "_meta", "_nested_path", "_parent", "_primary_term", "_recovery_source", "_routing", "_score",
        "_seq_no", "_size", "_source", "_tier", "_timestamp", "_tsid", "_ttl", "_type", "_uid", "_version",
    ]
}
