// SPDX-License-Identifier: Apache-2.0

/// Something that happened, in the domain's terms, before it is put into words and bytes.
package struct Event: Hashable, Sendable {
    /// When it happened.
    package let timestamp: Timestamp
    package let content: Content

    package enum Content: Hashable, Sendable {
        case reading(Subject, Reading, reply: String, latency: Duration, Assessment)
        case probeFailure(Subject, Failure, Assessment)
        /// The outcome is the one that confirmed the change, and the forecast that of its reading.
        case stateChange(Subject, Transition, Outcome, AppliedThresholds, forecast: Forecast? = nil)
        /// A state that is not ok still lasts.
        case reminder(Subject, Reminder)
        case heartbeat(Heartbeat)
        case service(ServiceAction)
    }

    package init(timestamp: Timestamp, content: Content) {
        self.timestamp = timestamp
        self.content = content
    }

    /// The kind that `_event_type` names, in the order in which a full spool drops them. The raw value is the number
    /// that the spool's database holds; it never changes.
    package enum Kind: Int, CaseIterable, Sendable {
        case reading = 0
        case probeFailure = 1
        /// Dropped before the heartbeat: the next one says the same again.
        case reminder = 5
        case heartbeat = 2
        case service = 3
        case stateChange = 4

        /// The kinds that an output's `events` can name. A reminder goes where a change of state goes.
        package static let selectable = allCases.filter { $0 != .reminder }

        /// What `_event_type` carries.
        package var name: String {
            switch self {
            case .reading: "reading"
            case .probeFailure: "probe_failure"
            case .reminder: "reminder"
            case .heartbeat: "heartbeat"
            case .service: "service"
            case .stateChange: "state_change"
            }
        }
    }

    package var kind: Kind {
        switch content {
        case .reading: .reading
        case .probeFailure: .probeFailure
        case .stateChange: .stateChange
        case .reminder: .reminder
        case .heartbeat: .heartbeat
        case .service: .service
        }
    }

    /// Whether it only says that all is well: it need not be quick.
    package var isRoutine: Bool { level == .informational }

    package var level: Level {
        switch content {
        case .reading(_, let reading, _, _, let assessment):
            Level(ofReadingIn: assessment.verdict(on: reading))
        case .probeFailure: .error
        case .stateChange(_, let transition, _, _, _): Level(ofChangeTo: transition.to)
        case .reminder(_, let reminder): Level(ofChangeTo: reminder.state)
        case .heartbeat: .informational
        case .service(.probesOverdue): .error
        case .service(let action): action.isProblem ? .warning : .notice
        }
    }
}

extension Event {
    /// What there is to tell of one observation: the reading or the failure, and then the change it confirmed.
    package static func telling(
        of subject: Subject, _ observation: Observation, _ assessment: Assessment
    ) -> [Event] {
        let content: Content =
            switch observation.outcome {
            case .reading(let reading, let reply):
                .reading(subject, reading, reply: reply, latency: observation.latency, assessment)
            case .failure(let failure):
                .probeFailure(subject, failure, assessment)
            }
        let fact = Event(timestamp: observation.timestamp, content: content)
        guard let transition = assessment.transition else { return [fact] }
        let change = Content.stateChange(
            subject, transition, observation.outcome, assessment.thresholds, forecast: assessment.forecast)
        return [fact, Event(timestamp: observation.timestamp, content: change)]
    }
}

/// Whom a message is about: one HSM and, if asked, one query port of it.
package struct Subject: Hashable, Sendable {
    package let name: String
    package let address: HostPort
    package let queryPort: UInt16?
    /// What a person calls it: `khi-2`, or `khi-2 #9010` where a port was asked. Every table and every group uses it.
    package let label: String
    /// The configured extra fields, in the file's order.
    package let fields: [Field]
    /// All of it as every message about this subject carries it: encoded once, sent thousands of times a second.
    let encoded: JSONWriter

    package init(name: String, address: HostPort, queryPort: UInt16?, fields: [Field]) {
        self.name = name
        self.address = address
        self.queryPort = queryPort
        self.fields = fields
        label = Self.label(name, queryPort: queryPort)

        var encoded = JSONWriter()
        encoded.string("_hsm", label)
        encoded.string("_hsm_name", name)
        encoded.string("_hsm_address", address.description)
        encoded.string("_hsm_host", address.host)
        encoded.integer("_hsm_port", Int(address.port))
        if let queryPort { encoded.integer("_query_port", Int(queryPort)) }
        for field in fields { encoded.string("_" + field.name, field.value) }
        self.encoded = encoded
    }

    /// The name of an HSM, with the query port if there is one.
    static func label(_ name: String, queryPort: UInt16?) -> String {
        name + (queryPort.map { " #\($0)" } ?? "")
    }

    /// What a query of a configured HSM is about.
    package init(_ hsm: HSMConfiguration, _ query: Query) {
        self.init(name: hsm.name, address: hsm.address, queryPort: query.port, fields: hsm.fields)
    }
}

/// The summary sent every `heartbeat`: that hsmwatch lives, and how its HSMs are.
package struct Heartbeat: Hashable, Sendable {
    /// HSMs in each state, each by the query port that is worst off; a state without an entry has none.
    package var states: [HSMState: Int]
    /// Probes finished since the start, failed ones among them; all query ports of an HSM are one probe.
    package var probes: Int
    package var probesFailed: Int
    /// Ticks that found the previous probe running. Those at which an HSM must not be asked yet are not among them.
    package var probesSkipped: Int
    /// Messages in the spool that some output has not confirmed.
    package var spooled: Int
    /// Messages dropped since the start.
    package var dropped: Int
    /// HSMs of which no probe has ended for three intervals.
    package var hsmsOverdue: Int
    package var uptime: Duration

    package init(
        states: [HSMState: Int], probes: Int, probesFailed: Int, probesSkipped: Int, spooled: Int, dropped: Int,
        hsmsOverdue: Int = 0, uptime: Duration
    ) {
        self.states = states
        self.probes = probes
        self.probesFailed = probesFailed
        self.probesSkipped = probesSkipped
        self.spooled = spooled
        self.dropped = dropped
        self.hsmsOverdue = hsmsOverdue
        self.uptime = uptime
    }

    /// HSMs that are watched.
    package var total: Int { states.values.reduce(0, +) }
}

/// What happened to hsmwatch itself.
package enum ServiceAction: Hashable, Sendable {
    /// `reason` tells what was found at the start that should not be: a damaged spool that was replaced, or messages of
    /// the last run that may be missing.
    case started(version: String, hsms: Int, reason: String?)
    /// Another configuration is in effect.
    case reloaded(ConfigurationChanges)
    /// The new configuration was refused for this reason, and the old one goes on.
    case reloadFailed(reason: String)
    case stopping(waiting: Int)
    /// `count` is nil when it is unknown whether messages are missing, and how many.
    case messagesDropped(count: Int?, isUpperBound: Bool = false, reason: String)
    /// An outage begins, or, with `lasted`, has lasted so long that it needs a person (`Outage.lasting`).
    case outputDown(output: String, endpoint: String, reason: String, lasted: Duration? = nil)
    /// `rewound` counts those of the messages sent again that were confirmed before the outage; `dropped` what the
    /// output has lost in it. `wasLasting`: the outage needed a person.
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
    /// A test message of `hsmwatch send-test`.
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

    /// Whether a person should look into it.
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

/// How urgent a message is, as syslog counts it (RFC 5424 section 6.2.1): the lower, the worse.
package enum Level: Int, Sendable {
    case critical = 2
    case error = 3
    case warning = 4
    case notice = 5
    case informational = 6

    /// Of a reading while the HSM is in `state`.
    init(ofReadingIn state: HSMState) {
        switch state {
        case .ok: self = .informational
        case .warning: self = .warning
        case .critical, .unreachable, .unknown: self = .critical
        }
    }

    /// Of a change of state to `state`.
    init(ofChangeTo state: HSMState) {
        switch state {
        case .ok: self = .notice
        case .warning: self = .warning
        case .critical, .unreachable: self = .critical
        case .unknown: self = .error
        }
    }
}
