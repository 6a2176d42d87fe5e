// SPDX-License-Identifier: Apache-2.0

/// A field that hsmwatch's own messages have, as Graylog stores it: without the leading `_`.
///
/// The table holds what the contract's section 7 promises; a field keeps its type for ever.
package struct MessageField: Hashable, Sendable {
    /// What a field holds.
    package enum Kind: String, CaseIterable, Sendable {
        case text
        case integer
        /// Always written with its decimals.
        case decimal
    }

    package let name: String
    package let kind: Kind

    /// Every field, sorted by name. GELF's own are not among them, nor those that a configuration adds.
    package static let all = (texts + integers + decimals).sorted { $0.name < $1.name }

    /// Those with a number.
    package static let numeric = all.filter { $0.kind != .text }

    private static let texts = fields(
        .text,
        [
            "action", "endpoint", "event_source", "event_type", "failure", "failure_detail", "hsm", "hsm_address",
            "hsm_host", "hsm_name", "instance", "next_step", "output", "previous_state", "reason", "reply", "state",
        ])

    private static let integers = fields(
        .integer,
        [
            "critical_seconds", "dropped", "exhaustion_seconds", "hsm_error_code", "hsm_port", "hsms_overdue",
            "hsms_total",
            "outage_seconds", "probes", "probes_failed", "probes_skipped", "query_port", "resent", "sequence",
            "sockets_available", "sockets_consumed", "sockets_total", "spooled", "state_seconds", "threshold_critical",
            "threshold_warning", "uptime_seconds", "waiting",
        ] + HSMState.allCases.map { "hsms_" + $0.rawValue })

    private static let decimals = fields(.decimal, ["latency_ms", "sockets_consumed_percent"])

    private static func fields(_ kind: Kind, _ names: [String]) -> [MessageField] {
        names.map { MessageField(name: $0, kind: kind) }
    }
}
