// SPDX-License-Identifier: Apache-2.0

/// Everything an administrator decides: a validated configuration with every default filled in.
///
/// `ConfigurationReader` makes one from a file; nothing in it needs checking again.
package struct Configuration: Equatable, Sendable {
    /// GELF `host` of every message; nil stands for this machine's host name.
    package var source: String?
    /// Distance between heartbeat messages.
    package var heartbeat: Duration
    package var logLevel: LogLevel
    /// Where the runbook is: a URL or a path that `_next_step` ends with; nil: it names none.
    package var runbook: String?
    /// What is polled, in file order; names are unique.
    package var hsms: [HSMConfiguration]
    /// Where messages go, in file order; names are unique.
    package var outputs: [OutputConfiguration]
    package var spool: SpoolConfiguration

    /// Distance between heartbeat messages when the file gives none.
    package static let defaultHeartbeat = Duration.seconds(60)

    package init(
        source: String? = nil,
        heartbeat: Duration = Configuration.defaultHeartbeat,
        logLevel: LogLevel = .info,
        runbook: String? = nil,
        hsms: [HSMConfiguration],
        outputs: [OutputConfiguration],
        spool: SpoolConfiguration = SpoolConfiguration()
    ) {
        self.source = source
        self.heartbeat = heartbeat
        self.logLevel = logLevel
        self.runbook = runbook
        self.hsms = hsms
        self.outputs = outputs
        self.spool = spool
    }
}

/// How much the spool keeps for outputs that are down; beyond it the oldest readings are dropped and counted.
package struct SpoolConfiguration: Equatable, Sendable {
    /// Bytes on disk.
    package var maxSize: Int
    /// Age of the oldest message.
    package var maxAge: Duration

    package init(maxSize: Int = 256 << 20, maxAge: Duration = .seconds(7 * 86_400)) {
        self.maxSize = maxSize
        self.maxAge = maxAge
    }
}

/// The lowest level that is logged, in the words of syslog and the configuration.
package enum LogLevel: String, CaseIterable, Sendable {
    /// Every reading.
    case debug
    /// A summary with every heartbeat.
    case info
    /// Changes of state, start, stop and reload.
    case notice
    case warning
    case error
}

/// The bounds of every value in a configuration, each inclusive.
package enum ConfigurationLimits {
    /// Entries of `hsms`.
    package static let hsms = 10_000
    /// Entries of `outputs`.
    package static let outputs = 16
    /// Extra fields of one HSM, those of `defaults` included.
    package static let fields = 32
    /// Endpoints of one output.
    package static let endpoints = 16
    /// Query ports of one HSM; each costs a request a probe.
    package static let queryPorts = 16
    /// Characters of the name of an HSM, an output or a field.
    package static let nameLength = 64
    /// Unicode scalars of a field's value; far below the 32,766 bytes that Graylog's index takes.
    package static let fieldValueLength = 1024
    /// Unicode scalars of `source`.
    package static let sourceLength = 255
    /// Unicode scalars of `runbook`: a long URL, and short enough for `_next_step` never to be cut.
    package static let runbookLength = 512
    /// Unicode scalars of a file's path; Linux takes no more bytes (`PATH_MAX`).
    package static let pathLength = 4096
    /// Characters of a host name (RFC 1123).
    package static let hostNameLength = 253
    /// Characters of one label of a host name (RFC 1123).
    package static let hostLabelLength = 63

    /// Of any duration, where nothing narrower is said.
    package static let anyDuration: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3650 * 86_400)
    package static let ports: ClosedRange<UInt16> = 1...65_535
    package static let heartbeat: ClosedRange<Duration> = .milliseconds(100) ... .seconds(86_400)
    package static let interval: ClosedRange<Duration> = .milliseconds(100) ... .seconds(86_400)
    package static let timeout: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
    /// Of an output's `confirm`.
    package static let confirm: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3600)
    /// Of an output's `rewind`, unless it is 0.
    package static let rewind: ClosedRange<Duration> = .seconds(1) ... .seconds(3600)
    /// Bytes of a GELF UDP datagram: from what every IP host takes to what GELF calls the usual limit.
    package static let datagramSize = 512...8192
    /// Characters of a syslog message's `app_name` (RFC 5424 section 6.2.5).
    package static let appNameLength = 48
    /// Characters of the path that GELF is posted to; Graylog takes a request line of 4096 bytes.
    package static let httpPathLength = 1024
    /// Intervals in a forecast's window that warns: enough readings, even if a few probes fail.
    package static let intervalsOfForecast = 15
    package static let forecastWindow: ClosedRange<Duration> = .seconds(1) ... .seconds(86_400)
    /// Of a forecast's `warn_within`, unless it is 0.
    package static let forecastWarnWithin: ClosedRange<Duration> = .seconds(1) ... .seconds(86_400)
    /// Sockets of a threshold: what ten digits of a reply can say.
    package static let thresholdSockets = 0...9_999_999_999
    package static let thresholdPercent = 1...100
    /// Of `raise_after`, `raise_after_failures` and `clear_after`: observations in a row.
    package static let observations = 1...1000
    /// Sockets of `clear_margin`.
    package static let clearMargin = 0...1_000_000
    /// Bytes of the spool: 64 KiB to 1024 GiB.
    package static let spoolSize = (1 << 16)...(1 << 40)
    package static let spoolAge: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)
    /// Problems listed of one file; the rest is counted.
    package static let problems = 1000
}

/// How many file descriptors a configuration needs, and how many HSM connections leave free for everything else.
package struct DescriptorNeed: Equatable, Sendable {
    /// A command without a configuration: standard streams, event loop, timers, signals, a few sockets.
    package static let command = 16
    /// The service without HSMs and outputs, as it stands after its start: streams, event loop, timers, signals, spool,
    /// journal. Seen: 19.
    static let process = 24
    /// The status socket's clients, notifications of systemd, a reload, and SQLite's temporary files.
    static let passing = 16
    /// A TCP output whose rotations overlap: three connections, a duplicate of the one that ends, and one of TLS's
    /// files.
    static let output = 5
    /// A lookup of a name: a file and a socket.
    static let lookup = 2
    /// Lookups that run at once at the most.
    static let lookups = 64

    /// HSM connections: one each.
    package let hsms: Int
    /// Everything that comes and goes beside them. HSM connections leave as many free, so that messages are delivered
    /// and systemd is notified whatever the HSMs take.
    package let reserve: Int

    package init(_ configuration: Configuration) {
        let peers = configuration.hsms.map(\.address) + configuration.outputs.flatMap(\.endpoints)
        let names = Set(peers.map(\.host).filter { IPAddress(host: $0) == nil })
        hsms = configuration.hsms.count
        reserve =
            Self.passing + configuration.outputs.count * Self.output + min(names.count, Self.lookups) * Self.lookup
    }

    /// With so many every HSM can be polled, whatever else is open.
    package var enough: Int { Self.process + reserve * 2 + hsms }

    /// With fewer the service does not start: it could poll nothing, or deliver nothing.
    package var least: Int { Self.process + reserve + 1 }

    /// The number of the first descriptor that no HSM connection may have.
    ///
    /// - Parameter limit: how many files the process may have open.
    package func firstReserved(of limit: Int) -> Int {
        limit - min(reserve, max(0, limit - Self.process) / 2)
    }

    /// The warning when the limit is too low for the configuration.
    ///
    /// - Parameter limit: how many files the process can have open at the most.
    package func problem(limit: Int) -> ConfigurationProblem? {
        guard limit < enough else { return nil }
        let what =
            "\(counted(hsms, "HSM")) and the outputs need \(enough) open files, and the hard limit here is \(limit)"
        let advice =
            "with systemd: systemctl edit hsmwatch, [Service], LimitNOFILE=\(rounded); in a shell: ulimit -n \(enough)"
        return ConfigurationProblem(
            Mark(line: 1, column: 1), .warning, "\(what): connections beyond it fail as 'local'; \(advice)")
    }

    /// A limit with room for more HSMs: the next power of two.
    private var rounded: Int {
        var limit = 1024
        while limit < enough { limit *= 2 }
        return limit
    }
}
