// SPDX-License-Identifier: Apache-2.0

/// What to do about a message: one sentence for a person who is woken by it. `docs/runbook.md` has the rest.
extension Event {
    /// Nil when there is nothing to do.
    package var nextStep: String? {
        switch content {
        case .reading, .heartbeat:
            nil
        case .probeFailure(let subject, let failure, let assessment):
            assessment.state.isFailure
                ? failure.nextStep(for: subject)
                : "Wait for the next probes: hsmwatch reports a change of state when they fail, too."
        case .stateChange(let subject, let transition, let outcome, _, _):
            transition.nextStep ?? transition.to.nextStep(for: subject, after: outcome)
        case .reminder(let subject, let reminder):
            reminder.state.nextStep(for: subject, after: reminder.outcome)
        case .service(let action):
            action.nextStep
        }
    }
}

extension Transition {
    /// What to do because of the change itself; nil when only the new state matters.
    fileprivate var nextStep: String? {
        switch (from, to, reason) {
        case (.critical, .ok, .observed), (.unreachable, .ok, .observed):
            "Ask payment operations whether PIN checks work again, then watch the available sockets for 15 minutes."
        case (_, .warning, .reconfigured), (_, .critical, .reconfigured):
            "Check that the new thresholds are meant: they changed, the number of available sockets did not."
        case (_, .warning, .foreseen):
            "Find the application that opens connections and does not close them, before no socket is left."
        default:
            nil
        }
    }
}

extension HSMState {
    fileprivate func nextStep(for subject: Subject, after outcome: Outcome) -> String? {
        switch (self, outcome) {
        case (.ok, _):
            nil
        case (.warning, _):
            "Find the hosts that hold more sockets than usual, before no socket is left."
        case (.critical, .reading(let reading, _)) where reading.available == 0:
            "Call payment operations now, then find the hosts that hold the sockets and restart those applications'"
                + " connections, not the HSM."
        case (.critical, _):
            "Find the hosts that hold the sockets and restart those applications' connections, not the HSM."
        case (.unreachable, .failure(let failure)), (.unknown, .failure(let failure)):
            failure.nextStep(for: subject)
        case (.unreachable, .reading), (.unknown, .reading):
            "Wait for the next probes: the HSM answers again."
        }
    }
}

extension Failure {
    fileprivate func nextStep(for subject: Subject) -> String {
        switch kind {
        case .refused, .noReply, .closed:
            "Ask payment operations whether PIN checks on this HSM work: if they do, it is probably out of sockets, so"
                + " find the hosts that hold them; if not, call the HSM's administrator."
        case .timeout, .unreachable:
            "Ask payment operations whether PIN checks on this HSM work, then check the network and the firewalls"
                + " between hsmwatch and \(subject.address), and whether the HSM has power."
        case .dns:
            "Check the name \(subject.address.host) in the name server and in the configuration of hsmwatch."
        case .hsmError where isRejection:
            "Ask the HSM's administrator to enable command 1223 on this port, or to name the right port; hsmwatch asks"
                + " again every 10 minutes."
        case .hsmError:
            "Ask the HSM's administrator what\(errorCode.map { " error \($0)" } ?? " the error") means."
        case .malformed:
            "Run 'hsmwatch probe \(subject.name)' to see what answers at \(subject.address): it may be the wrong"
                + " address, or a proxy."
        case .local:
            localCause?.nextStep
                ?? "Run 'journalctl -x -u hsmwatch' on the machine of hsmwatch: it cannot connect to anything."
        }
    }
}

extension LocalCause {
    fileprivate var nextStep: String { "On the machine of hsmwatch, \(advice)." }
}

extension ServiceAction {
    /// Where the reason of an earlier end is found.
    private static let readJournal =
        "Read 'journalctl -u hsmwatch' for the reason; messages of that time may be missing in Graylog."

    fileprivate var nextStep: String? {
        switch self {
        case .started(_, _, let reason):
            reason.map { _ in Self.readJournal }
        case .reloadFailed:
            "Correct the file, then run 'hsmwatch check && systemctl reload hsmwatch'; until then the old configuration"
                + " is in use."
        case .stopping:
            "Run 'systemctl start hsmwatch' unless somebody planned the stop: no HSM is watched now."
        case .messagesDropped(nil, _, _):
            Self.readJournal
        case .messagesDropped:
            "Mend what the reason names: 'hsmwatch status' shows an output that does not deliver; otherwise look at the disk"
                + " of the spool."
        case .outputDown(_, _, _, nil):
            "Wait a minute: hsmwatch keeps the messages, tries again, and reports an outage that lasts longer."
        case .outputDown(_, let endpoint, _, _):
            "Check that the receiver at \(endpoint) runs and can be reached: 'hsmwatch send-test' says how far it gets."
        case .outputUp(_, _, _, _, _, _, 0, let wasLasting):
            wasLasting ? "Look at what happened during the outage: an alert of that time may not have come." : nil
        case .outputUp:
            "Read the messages_dropped messages of the outage for what is missing."
        case .localFaultStarted(let cause):
            cause.nextStep
        case .certificateExpiring(let output, let endpoint, .peer, _, _):
            "Renew the certificate of \(endpoint), then run 'hsmwatch send-test' to see that output \(output) accepts it."
        case .certificateExpiring(let output, _, .own, _, _):
            "Put a new certificate into the file that tls.certificate of output \(output) names, then run"
                + " 'hsmwatch send-test'."
        case .probesOverdue:
            "Run 'hsmwatch status' on the machine of hsmwatch, and look at its load: these HSMs are not watched."
        case .clockUnsynchronised:
            "Run 'timedatectl' on the machine of hsmwatch, and start its time service."
        case .reloaded, .localFaultEnded, .sendTest:
            nil
        }
    }
}
