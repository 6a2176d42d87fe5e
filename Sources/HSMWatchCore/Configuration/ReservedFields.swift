// SPDX-License-Identifier: Apache-2.0

/// The field names that are taken: an extra field of such a name would be lost, or would replace what is true.
enum ReservedFields {
    /// Whether `name`, with `_` for `.`, is taken.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || name.hasPrefix("gl2_")
    }

    private static let names: Set<String> = graylog.union(hsmwatch)

    /// GELF's and syslog's own fields, and those a Graylog server skips or overwrites.
    private static let graylog: Set<String> = [
        "application_name", "facility", "facility_num", "file", "full_message", "host", "id", "level", "line",
        "message", "process_id", "short_message", "source", "streams", "timestamp", "version",
    ]

    /// Every field that a message of hsmwatch has, whatever its type.
    private static let hsmwatch: Set<String> = [
        "action", "critical_seconds", "dropped", "endpoint", "event_source", "event_type", "exhaustion_seconds",
        "failure", "failure_detail", "hsm_address", "hsm_error_code", "hsm_host", "hsm_name", "hsm_port",
        "hsms_critical", "hsms_ok", "hsms_total", "hsms_unknown", "hsms_unreachable", "hsms_warning", "instance",
        "latency_ms", "outage_seconds", "output", "previous_state", "probes", "probes_failed", "probes_skipped",
        "query_port", "reason", "reply", "resent", "sequence", "sockets_available", "sockets_consumed",
        "sockets_consumed_percent", "sockets_total", "spooled", "state", "state_seconds", "threshold_critical",
        "threshold_warning", "uptime_seconds", "waiting",
    ]
}
