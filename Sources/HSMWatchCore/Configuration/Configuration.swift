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
