// SPDX-License-Identifier: Apache-2.0

/// The names of the snapshot's JSON, as docs/status.md explains them.
enum SnapshotKey: String, CodingKey {
    case version, hsmwatch, pid, configuration, states, probes, spool, hsms, outputs
    case takenAt = "taken_at"
    case startedAt = "started_at"
    case uptime = "uptime_seconds"
    case probesFailed = "probes_failed"
    case probesSkipped = "probes_skipped"
    case hsmsOverdue = "hsms_overdue"
    case clockUnsynchronised = "clock_unsynchronised_seconds"

    case waiting, dropped, storage

    case name, address, state, since, available, total, failure, readings
    case sinceAge = "since_seconds"
    case queryPort = "query_port"
    case latency = "latency_ms"
    case failureDetail = "failure_detail"
    case errorCode = "hsm_error_code"
    case lastProbeAt = "last_probe_at"
    case warning = "threshold_warning"
    case critical = "threshold_critical"
    case exhaustion = "exhaustion_seconds"
    case untilCritical = "critical_seconds"

    case type, confirmation, endpoint, tls, spooled
    case confirmedAt = "confirmed_at"
    case confirmedAge = "confirmed_seconds"
    case lastErrorAge = "last_error_seconds"
    case lastError = "last_error"
    case lastErrorAt = "last_error_at"
}
