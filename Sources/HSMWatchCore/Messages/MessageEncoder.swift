// SPDX-License-Identifier: Apache-2.0

/// Turns events into messages: one flat GELF 1.1 object each, with the names and types of the contract's section 7.
package struct MessageEncoder: Sendable {
    /// Characters of `_reply`.
    package static let longestReply = 200
    /// What stands before the runbook's place in `_next_step`.
    private static let runbookMark = " Runbook: "
    /// Bytes that hold a common message without growing.
    private static let commonSize = 1024

    /// How every message begins.
    private let head: JSONWriter
    /// Where the runbook is; nil when the configuration does not say it.
    private let runbook: String?

    /// - Parameters:
    ///   - source: GELF's `host`: the name of the machine that watches; not blank.
    ///   - runbook: where the runbook is, for `_next_step`; nil adds nothing to it.
    package init(source: String, runbook: String? = nil) {
        self.runbook = runbook
        var head = JSONWriter(continuing: Array("{\"version\":\"1.1\"".utf8))
        head.string("host", source)
        head.string("_event_source", "hsmwatch")
        self.head = head
    }

    package func encode(_ event: Event) -> Message {
        var json = head
        json.reserveCapacity(Self.commonSize)
        json.string("_event_type", event.kind.name)
        json.decimal("timestamp", thousandths: Int(event.timestamp.milliseconds))
        json.integer("level", event.level.rawValue)
        json.string("short_message", event.sentence)
        switch event.content {
        case .reading(let subject, let reading, let reply, let latency, let assessment):
            json.append(subject.encoded)
            json.append(reading)
            json.decimal("_latency_ms", thousandths: Int(latency.wholeNanoseconds / 1000))
            json.string("_reply", Reply.printable(reply.utf8))
            json.append(assessment.state, assessment.thresholds)
            json.append(assessment.forecast)
        case .probeFailure(let subject, let failure, let assessment):
            json.append(subject.encoded)
            json.append(failure)
            json.append(assessment.state, assessment.thresholds)
        case .stateChange(let subject, let transition, let outcome, let thresholds, let forecast):
            json.append(subject.encoded)
            if case .reading(let reading, _) = outcome { json.append(reading) }
            json.append(transition.to, thresholds)
            json.append(forecast)
            json.string("_previous_state", transition.from.rawValue)
            json.integer("_state_seconds", Int(transition.lasted.wholeSeconds))
        case .reminder(let subject, let reminder):
            json.append(subject.encoded)
            if case .reading(let reading, _) = reminder.outcome { json.append(reading) }
            json.append(reminder.state, reminder.thresholds)
            json.append(reminder.forecast)
            // Nothing has changed: the state before this message is the same one.
            json.string("_previous_state", reminder.state.rawValue)
            json.integer("_state_seconds", Int(reminder.lasted.wholeSeconds))
        case .heartbeat(let heartbeat):
            json.append(heartbeat)
        case .service(let action):
            json.append(action)
        }
        if let step = event.nextStep {
            json.string("_next_step", step + (runbook.map { Self.runbookMark + $0 } ?? ""))
        }
        return Message(kind: event.kind, timestamp: event.timestamp, body: json.bytes)
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ reading: Reading) {
        integer("_sockets_available", reading.available)
        integer("_sockets_total", reading.total)
        integer("_sockets_consumed", reading.consumed)
        decimal("_sockets_consumed_percent", tenths: reading.consumedPermille)
    }

    fileprivate mutating func append(_ failure: Failure) {
        string("_failure", failure.kind.rawValue)
        string("_failure_detail", failure.detail)
        if let code = failure.errorCode { integer("_hsm_error_code", code) }
    }

    fileprivate mutating func append(_ state: HSMState, _ thresholds: AppliedThresholds) {
        string("_state", state.rawValue)
        if let warning = thresholds.warning { integer("_threshold_warning", warning) }
        if let critical = thresholds.critical { integer("_threshold_critical", critical) }
    }

    fileprivate mutating func append(_ forecast: Forecast?) {
        if let critical = forecast?.untilCritical { integer("_critical_seconds", Int(critical.wholeSeconds)) }
        if let exhaustion = forecast?.untilExhaustion { integer("_exhaustion_seconds", Int(exhaustion.wholeSeconds)) }
    }

    fileprivate mutating func append(_ heartbeat: Heartbeat) {
        integer("_hsms_total", heartbeat.total)
        for state in HSMState.allCases {
            integer("_hsms_" + state.rawValue, heartbeat.states[state, default: 0])
        }
        integer("_probes", heartbeat.probes)
        integer("_probes_failed", heartbeat.probesFailed)
        integer("_probes_skipped", heartbeat.probesSkipped)
        integer("_spooled", heartbeat.spooled)
        integer("_dropped", heartbeat.dropped)
        integer("_hsms_overdue", heartbeat.hsmsOverdue)
        integer("_uptime_seconds", Int(heartbeat.uptime.wholeSeconds))
    }

    fileprivate mutating func append(_ action: ServiceAction) {
        string("_action", action.name)
        switch action {
        case .started(_, _, let reason):
            if let reason { string("_reason", reason) }
        case .reloaded:
            break
        case .reloadFailed(let reason):
            string("_reason", reason)
        case .stopping(let waiting):
            integer("_waiting", waiting)
        case .messagesDropped(let count, _, let reason):
            if let count { integer("_dropped", count) }
            string("_reason", reason)
        case .outputDown(let output, let endpoint, let reason, let lasted):
            string("_output", output)
            string("_endpoint", endpoint)
            string("_reason", reason)
            if let lasted { integer("_outage_seconds", Int(lasted.wholeSeconds)) }
        case .outputUp(let output, let endpoint, let outage, let waiting, let resent, _, let dropped, _):
            string("_output", output)
            string("_endpoint", endpoint)
            integer("_outage_seconds", Int(outage.wholeSeconds))
            integer("_waiting", waiting)
            integer("_resent", resent)
            if dropped > 0 { integer("_dropped", dropped) }
        case .localFaultStarted(let cause):
            string("_reason", cause.sentence)
        case .localFaultEnded(let cause, let lasted):
            string("_reason", cause.sentence)
            integer("_outage_seconds", Int(lasted.wholeSeconds))
        case .certificateExpiring(let output, let endpoint, let side, let certificate, _):
            string("_output", output)
            string("_endpoint", endpoint)
            string("_reason", "\(side.rawValue) ends on \(certificate.notAfter.utcText)")
        case .probesOverdue(let report):
            string("_reason", "no probe has ended for three intervals: " + report.listed)
        case .clockUnsynchronised(let lasted):
            string("_reason", "the kernel says that the clock is not synchronised")
            integer("_outage_seconds", Int(lasted.wholeSeconds))
        case .sendTest(let output, let endpoint):
            string("_output", output)
            string("_endpoint", endpoint)
        }
    }
}
