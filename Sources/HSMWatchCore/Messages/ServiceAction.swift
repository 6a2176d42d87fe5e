// SPDX-License-Identifier: Apache-2.0

/// What happened to hsmwatch itself.
package enum ServiceAction: Hashable, Sendable {
    /// `reason` tells what was found at the start that should not be: a damaged spool that was replaced, or messages of the
    /// last run that may be missing.
    case started(version: String, hsms: Int, reason: String?)
    /// Another configuration is in effect.
    case reloaded(ConfigurationChanges)
    /// The new configuration was refused for this reason, and the old one goes on.
    case reloadFailed(reason: String)
    case stopping(waiting: Int)
    /// `count` is nil when it is unknown whether messages are missing, and how many.
    case messagesDropped(count: Int?, isUpperBound: Bool = false, reason: String)
    /// An outage begins, or, with `lasted`, has lasted so long that somebody should look into it (`Outage.lasting`).
    case outputDown(output: String, endpoint: String, reason: String, lasted: Duration? = nil)
    /// `rewound` counts those of the messages sent again that were confirmed before the outage; `dropped` what the output
    /// has lost in it. `wasLasting`: the outage was one that somebody should look into.
    case outputUp(
        output: String, endpoint: String, outage: Duration, waiting: Int, resent: Int, rewound: Int, dropped: Int,
        wasLasting: Bool = false)
    /// A certificate that an output needs ends in so many days.
    case certificateExpiring(output: String, endpoint: String, CertificateWatch.Side, CertificateTerm, days: Int)
    /// This machine prevents connections, for this cause.
    case localFaultStarted(LocalCause)
    /// It does so no more. `lasted` is the time from the first failure to the last.
    case localFaultEnded(LocalCause, lasted: Duration)
    /// No probe of these HSMs has ended for three intervals.
    case probesOverdue(OverdueProbes.Report)
    /// This machine's clock is not synchronised, for so long at least.
    case clockUnsynchronised(lasted: Duration)
    /// Somebody tries whether an output delivers.
    case sendTest(output: String, endpoint: String)

    /// What `_action` carries.
    package var name: String {
        switch self {
        case .started: "started"
        case .reloaded: "reloaded"
        case .reloadFailed: "reload_failed"
        case .stopping: "stopping"
        case .messagesDropped: "messages_dropped"
        case .outputDown: "output_down"
        case .outputUp: "output_up"
        case .certificateExpiring: "certificate_expiring"
        case .localFaultStarted: "local_fault_started"
        case .localFaultEnded: "local_fault_ended"
        case .probesOverdue: "probes_overdue"
        case .clockUnsynchronised: "clock_unsynchronised"
        case .sendTest: "send_test"
        }
    }

    /// Whether somebody should look into it.
    var isProblem: Bool {
        switch self {
        case .started(_, _, let reason): reason != nil
        case .outputDown(_, _, _, let lasted): lasted != nil
        case .outputUp(_, _, _, _, _, _, _, let wasLasting): wasLasting
        case .reloadFailed, .messagesDropped, .certificateExpiring, .localFaultStarted: true
        case .probesOverdue, .clockUnsynchronised: true
        case .reloaded, .stopping, .localFaultEnded, .sendTest: false
        }
    }
}
