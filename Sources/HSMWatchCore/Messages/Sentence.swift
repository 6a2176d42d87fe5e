// SPDX-License-Identifier: Apache-2.0

/// What `short_message` says: one plain sentence for a person who is woken by it.
extension Event {
    package var sentence: String {
        switch content {
        case .reading(let subject, let reading, _, _, _):
            // Word for word what existing Graylog searches match on.
            "\(reading.consumed) TCP socket connections are consumed out of \(reading.total)"
                + " on HSM Host: \(subject.address)"
        case .probeFailure(let subject, let failure, _):
            "No reading from \(subject.sentencePart): \(failure.sentencePart)"
        case .stateChange(let subject, let transition, let outcome, let thresholds, let forecast):
            "\(subject.sentencePart) is \(transition.sentencePart): \(outcome.sentencePart)"
                + (transition.to.isAlarm ? forecast?.sentencePart(thresholds) ?? "" : "")
                + " (was \(transition.from.rawValue) for \(transition.lasted.sentencePart))"
        case .reminder(let subject, let reminder):
            "HSM \(subject.label) is still \(reminder.sentencePart)"
        case .heartbeat(let heartbeat):
            heartbeat.sentence
        case .service(let action):
            action.sentence
        }
    }
}

extension Subject {
    fileprivate var sentencePart: String {
        "HSM \(name) at \(address)" + (queryPort.map { " (port \($0) asked)" } ?? "")
    }
}

extension Failure {
    fileprivate var sentencePart: String { detail.isEmpty ? kind.rawValue : detail }
}

extension Outcome {
    var sentencePart: String {
        switch self {
        case .reading(let reading, _): "\(reading.available) of \(counted(reading.total, "socket")) available"
        case .failure(let failure): failure.sentencePart
        }
    }
}

extension Transition {
    fileprivate var sentencePart: String {
        switch reason {
        case .observed: to.rawValue
        case .foreseen: "\(to.rawValue) by forecast"
        case .reconfigured: "\(to.rawValue) by new thresholds"
        }
    }
}

extension Reminder {
    /// `critical: 12 of 256 sockets available, for 25 min`
    fileprivate var sentencePart: String {
        // While a change is not confirmed, the last probe says something else than the state.
        let probe = outcome.isFailure == state.isFailure ? "" : "the last probe says: "
        return "\(state.rawValue): \(probe)\(outcome.sentencePart), for \(isWhole ? "" : "at least ")"
            + lasted.roughSentencePart + (state.isAlarm ? forecast?.sentencePart(thresholds) ?? "" : "")
    }
}

extension HSMState {
    /// Whether the sentence says how much time is left.
    fileprivate var isAlarm: Bool {
        switch self {
        case .warning, .critical: true
        case .ok, .unreachable, .unknown: false
        }
    }
}

extension Forecast {
    /// `, at this rate below critical (50) in 7 min, none left in 12 min`
    fileprivate func sentencePart(_ thresholds: AppliedThresholds) -> String {
        let critical = thresholds.critical.flatMap { critical in
            untilCritical.map { "below critical (\(critical)) in \($0.roughSentencePart)" }
        }
        let exhaustion = untilExhaustion.map { "none left in \($0.roughSentencePart)" }
        return ", at this rate " + [critical, exhaustion].compactMap(\.self).joined(separator: ", ")
    }
}

extension Heartbeat {
    fileprivate var sentence: String {
        let present = HSMState.allCases.compactMap { state in
            states[state].flatMap { $0 > 0 ? "\($0) \(state.rawValue)" : nil }
        }
        return "hsmwatch watches \(counted(total, "HSM"))" + (present.isEmpty ? "" : ": ")
            + present.joined(separator: ", ")
            + "; up for \(uptime.sentencePart), \(counted(spooled, "message")) unconfirmed, \(dropped) dropped"
    }
}

extension ServiceAction {
    fileprivate var sentence: String {
        switch self {
        case .started(let version, let hsms, let reason):
            "hsmwatch \(version) started, watching \(counted(hsms, "HSM"))" + (reason.map { ": \($0)" } ?? "")
        case .reloaded(let changes):
            "hsmwatch has reloaded its configuration: \(changes.sentence)"
        case .reloadFailed(let reason):
            "hsmwatch has refused its new configuration, the old one goes on: \(reason)"
        case .stopping(let waiting):
            "hsmwatch is stopping, the HSMs are no longer watched; \(counted(waiting, "message")) unconfirmed"
        case .messagesDropped(let count, let isUpperBound, let reason):
            (count.map { "hsmwatch dropped \(isUpperBound ? "up to " : "")\(counted($0, "message")) before delivery" }
                ?? "hsmwatch may have lost messages")
                + ": \(reason)"
        case .outputDown(let output, let endpoint, let reason, nil):
            "Output \(output) cannot deliver to \(endpoint): \(reason); messages are queued in the spool"
        case .outputDown(let output, let endpoint, let reason, let lasted?):
            "Output \(output) still cannot deliver to \(endpoint) after \(lasted.sentencePart): \(reason); "
                + "messages are queued in the spool"
        case .outputUp(let output, let endpoint, let outage, let waiting, let resent, let rewound, let dropped, _):
            "Output \(output) delivers again to \(endpoint) after \(outage.sentencePart): "
                + "\(counted(waiting, "message")) queued, \(resent) sent again"
                + (rewound > 0 ? " (\(rewound) of them confirmed before)" : "")
                + (dropped > 0 ? ", \(dropped) dropped" : "")
        case .localFaultStarted(let cause):
            "hsmwatch cannot connect: \(cause.sentence); HSMs that it cannot ask are unknown; \(cause.advice)"
        case .localFaultEnded(let cause, let lasted):
            "hsmwatch can connect again after \(lasted.sentencePart); the reason was: \(cause.sentence)"
        case .certificateExpiring(let output, let endpoint, let side, let certificate, let days):
            "Output \(output) to \(endpoint): \(side.rawValue) (serial \(certificate.serialNumber)) ends in "
                + "\(counted(days, "day")), on \(certificate.notAfter.utcText); without a new one nothing is delivered then"
        case .probesOverdue(let report):
            "hsmwatch does not keep up: no probe of \(counted(report.count, "HSM")) has ended for three intervals: "
                + report.listed
        case .clockUnsynchronised(let lasted):
            "The clock of this machine has not been synchronised for \(lasted.sentencePart): "
                + "times of messages may be wrong, and alerts that search by time may miss them"
        case .sendTest(let output, let endpoint):
            "Test message of hsmwatch: output \(output) reaches \(endpoint)"
        }
    }
}

extension OverdueProbes.Report {
    /// `khi-1, khi-2 and 12 more`
    var listed: String {
        names.joined(separator: ", ") + (count > names.count ? " and \(count - names.count) more" : "")
    }
}

extension ConfigurationChanges {
    fileprivate var sentence: String {
        let parts = [(hsms, "HSM"), (outputs, "output")].flatMap { change, noun in
            [(change.added, "added"), (change.changed, "changed"), (change.removed, "removed")].compactMap {
                $0.isEmpty ? nil : "\(counted($0.count, noun)) \($1) (\(Self.shown($0)))"
            }
        }
        return parts.isEmpty ? "no HSM and no output is another" : parts.joined(separator: ", ")
    }

    private static func shown(_ names: [String]) -> String {
        names.prefix(namesShown).joined(separator: ", ") + (names.count > namesShown ? ", …" : "")
    }
}

extension Duration {
    /// The two largest units, cut: `2 h 3 min`.
    fileprivate var sentencePart: String {
        let seconds = wholeSeconds
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        if minutes == 0 { return "\(seconds) s" }
        if hours == 0 { return "\(minutes) min \(seconds % 60) s" }
        if days == 0 { return "\(hours) h \(minutes % 60) min" }
        return "\(days) d \(hours % 24) h"
    }
}

extension Duration {
    /// The same without seconds from a minute on: a forecast does not know them.
    package var roughSentencePart: String {
        let minutes = wholeSeconds / 60
        return (1..<60).contains(minutes) ? "\(minutes) min" : sentencePart
    }
}
