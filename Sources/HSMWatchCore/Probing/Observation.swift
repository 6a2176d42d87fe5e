// SPDX-License-Identifier: Apache-2.0

/// How a probe of one query ended.
package enum Outcome: Hashable, Sendable {
    /// A reading, and the frame that carried it as printable ASCII.
    case reading(Reading, reply: String)
    case failure(Failure)

    package var isFailure: Bool {
        switch self {
        case .reading: false
        case .failure: true
        }
    }

    /// Why this machine could not ask; nil when it could.
    package var localCause: LocalCause? {
        switch self {
        case .reading: nil
        case .failure(let failure): failure.localCause
        }
    }

    /// Whether what came was not what the protocol allows.
    package var isMalformed: Bool {
        switch self {
        case .reading: false
        case .failure(let failure): failure.kind == .malformed
        }
    }
}

/// The facts of one probe: what came of it, when, and how long it took. No opinion.
package struct Observation: Hashable, Sendable {
    package let outcome: Outcome
    /// When the reply came or the probe failed, on the monotonic clock. A reply that waited in the kernel came before
    /// it was read, and a deadline passed before a busy loop noticed.
    package let instant: Instant
    /// The same in civil time.
    package let timestamp: Timestamp
    /// From the request's first byte to the frame's last; for a failure, from the probe's start to its end. At most one
    /// clock tick of the kernel (10 ms) too short, and too long only if the kernel does not know better.
    package let latency: Duration

    package init(outcome: Outcome, instant: Instant, timestamp: Timestamp, latency: Duration) {
        self.outcome = outcome
        self.instant = instant
        self.timestamp = timestamp
        self.latency = latency
    }

    package init(outcome: Outcome, at moment: Moment, latency: Duration) {
        self.init(outcome: outcome, instant: moment.instant, timestamp: moment.timestamp, latency: latency)
    }

    /// `instant` and `timestamp`.
    var moment: Moment { Moment(instant: instant, timestamp: timestamp) }
}

/// Why a probe brought no reading.
package struct Failure: Hashable, Sendable {
    /// The kinds of failure; the raw value is what `_failure` carries.
    package enum Kind: String, CaseIterable, Sendable {
        /// The host name has no address, or the resolver did not answer within the deadline.
        case dns
        /// The HSM's host answered the connection attempt with a reset.
        case refused
        /// The network said that there is no way to the HSM.
        case unreachable
        /// The deadline passed while connecting.
        case timeout
        /// Connected, but the deadline passed before a complete frame came.
        case noReply = "no_reply"
        /// Connected, but the connection ended before a complete frame came.
        case closed
        /// The HSM answered with an error, `<00#XXYYZZ#…>`.
        case hsmError = "hsm_error"
        /// Something answered, but not with what the protocol allows.
        case malformed
        /// This machine could not try: it says nothing about the HSM.
        case local
    }

    package let kind: Kind
    /// One sentence for a person, printable ASCII.
    package let detail: String
    /// The error number XX of an `hsm_error`.
    package let errorCode: Int?
    /// Why this machine could not try; only of a `local` failure.
    package let localCause: LocalCause?

    /// The error numbers that mean that the command is not enabled: 22 non-existent, 23 invalid command or option.
    package static let rejectionCodes: Set<Int> = [22, 23]

    /// Whether the HSM does not know the command, so that asking again soon is of no use.
    package var isRejection: Bool { errorCode.map(Self.rejectionCodes.contains) ?? false }

    package init(_ kind: Kind, _ detail: String, errorCode: Int? = nil) {
        self.kind = kind
        self.detail = detail
        self.errorCode = errorCode
        localCause = nil
    }

    /// A connection that took too long. The text has the address where the user calls the HSM by another name.
    package static func late(_ address: HostPort, name: HostPort) -> Failure {
        Failure(.timeout, (address == name ? "" : "\(address): ") + "no connection in time")
    }

    /// The same failure for a query that was not asked because of it.
    var unasked: Failure {
        let detail = "not asked: \(detail)"
        return localCause.map { Failure($0, detail) } ?? Failure(kind, detail, errorCode: errorCode)
    }

    /// A failure of this machine. The detail says more than the cause.
    package init(_ cause: LocalCause, _ detail: String) {
        kind = .local
        self.detail = detail
        errorCode = nil
        localCause = cause
    }
}

/// Why this machine cannot make a connection: no peer has a part in it.
package enum LocalCause: CaseIterable, Hashable, Sendable {
    /// hsmwatch has as many files open as it may (`RLIMIT_NOFILE`).
    case descriptors
    /// All processes of this machine together have as many files open as the kernel allows.
    case fileTable
    /// No local address or port is left for a connection to this peer.
    case ports
    /// The kernel has no memory left for a connection.
    case memory
    /// A firewall or a security policy of this machine forbids the connection.
    case forbidden
    /// This machine does not speak the address's version of IP.
    case family

    /// What is wrong, in a sentence without a full stop.
    package var sentence: String {
        switch self {
        case .descriptors: "hsmwatch has no file descriptor left"
        case .fileTable: "this machine has no file descriptor left"
        case .ports: "this machine has no local address or port left"
        case .memory: "this machine has no memory left for a connection"
        case .forbidden: "this machine forbids the connection"
        case .family: "this machine does not support the address family"
        }
    }

    /// What to do, in a sentence without a full stop.
    package var advice: String {
        switch self {
        case .descriptors: "raise LimitNOFILE= with systemctl edit hsmwatch, then restart hsmwatch"
        case .fileTable: "raise fs.file-max, or find the process that opens so many files"
        case .ports: "look at net.ipv4.ip_local_port_range, and for connections in TIME_WAIT with ss -s"
        case .memory: "look at free memory and at net.ipv4.tcp_mem"
        case .forbidden: "look at the local firewall, SELinux or AppArmor, and IPAddressDeny= of the unit"
        case .family: "enable IPv6 here, or configure an IPv4 address"
        }
    }
}
