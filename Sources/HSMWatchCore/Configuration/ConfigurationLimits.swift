// SPDX-License-Identifier: Apache-2.0

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
