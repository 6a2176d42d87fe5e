// SPDX-License-Identifier: Apache-2.0

/// How the whole service is at a moment: what `hsmwatch status` is answered.
package struct Snapshot: Equatable, Sendable {
    /// The number of the JSON's schema, `version`: raised when a field changes its meaning, not when one is added.
    package static let schema = 1

    /// The running process.
    package struct Process: Equatable, Sendable {
        /// The version of hsmwatch.
        package let version: String
        package let identifier: Int
        package let startedAt: Timestamp
        /// The configuration file, when it came from one.
        package let configuration: String?

        package init(version: String, identifier: Int, startedAt: Timestamp, configuration: String?) {
            self.version = version
            self.identifier = identifier
            self.startedAt = startedAt
            self.configuration = configuration
        }
    }

    /// Where the spool keeps its messages; the raw value is what `storage` carries.
    package enum Storage: String, Sendable {
        case disk
        /// The disk fails: in bounded memory.
        case memory
    }

    /// Every age counts back from here, by the monotonic clock: an administrator may have set the civil clock.
    package let takenAt: Moment
    package let process: Process
    /// The same counts as the heartbeat message has, at this moment.
    package let counts: Heartbeat
    package let storage: Storage
    /// How long the machine's clock has not been synchronised; nil unless that was reported and lasts.
    package let clockUnsynchronised: Duration?
    /// In the order of the configuration; an HSM with several query ports comes with each.
    package let hsms: [HSMSnapshot]
    package let outputs: [OutputSnapshot]

    package init(
        takenAt: Moment, process: Process, counts: Heartbeat, storage: Storage,
        clockUnsynchronised: Duration? = nil, hsms: [HSMSnapshot], outputs: [OutputSnapshot]
    ) {
        self.takenAt = takenAt
        self.process = process
        self.counts = counts
        self.storage = storage
        self.clockUnsynchronised = clockUnsynchronised
        self.hsms = hsms
        self.outputs = outputs
    }
}

/// How one HSM, or one query port of it, is at a moment.
package struct HSMSnapshot: Equatable, Sendable {
    package let name: String
    package let address: HostPort
    package let queryPort: UInt16?
    package let status: QueryStatus

    package init(name: String, address: HostPort, queryPort: UInt16?, status: QueryStatus) {
        self.name = name
        self.address = address
        self.queryPort = queryPort
        self.status = status
    }

    package init(_ subject: Subject, _ status: QueryStatus) {
        self.init(name: subject.name, address: subject.address, queryPort: subject.queryPort, status: status)
    }

    package var state: HSMState { status.state }
}

/// How one output is at a moment.
package struct OutputSnapshot: Equatable, Sendable {
    package let name: String
    package let kind: OutputKind
    /// What is known of a message that counts as delivered.
    package let confirmation: Confirmation
    package let status: OutputStatus
    /// Messages in the spool that it has not confirmed.
    package let spooled: Int
    /// Messages that were dropped before this output had confirmed them, since the start.
    package let dropped: Int

    package init(
        name: String, kind: OutputKind = .gelfTCP, confirmation: Confirmation = .read, status: OutputStatus,
        spooled: Int, dropped: Int
    ) {
        self.name = name
        self.kind = kind
        self.confirmation = confirmation
        self.status = status
        self.spooled = spooled
        self.dropped = dropped
    }
}

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
