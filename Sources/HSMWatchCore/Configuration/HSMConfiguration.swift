// SPDX-License-Identifier: Apache-2.0

/// How one HSM is polled and judged: an entry of `hsms` merged with `defaults`.
package struct HSMConfiguration: Equatable, Sendable {
    /// Unique; `[A-Za-z0-9._-]`, at most `ConfigurationLimits.nameLength` characters.
    package var name: String
    package var address: HostPort
    /// Each is asked about with `<1223#PORT#>`; empty asks `<1223#>` once.
    package var queryPorts: [UInt16]
    /// Distance between the starts of two probes.
    package var interval: Duration
    /// One deadline for the whole probe; never above `interval`.
    package var timeout: Duration
    package var connection: ConnectionMode
    package var lineEnding: LineEnding
    package var alert: AlertConfiguration
    package var forecast: ForecastConfiguration
    /// Extra message fields, those of `defaults` first, each in file order.
    package var fields: [Field]

    /// Distance between two probes when the file gives none.
    package static let defaultInterval = Duration.seconds(5)
    /// Deadline of a probe when the file gives none; a shorter interval lowers it to the interval.
    package static let defaultTimeout = Duration.seconds(2)

    package init(
        name: String,
        address: HostPort,
        queryPorts: [UInt16] = [],
        interval: Duration = HSMConfiguration.defaultInterval,
        timeout: Duration = HSMConfiguration.defaultTimeout,
        connection: ConnectionMode = .persistent,
        lineEnding: LineEnding = .lf,
        alert: AlertConfiguration = AlertConfiguration(),
        forecast: ForecastConfiguration = ForecastConfiguration(),
        fields: [Field] = []
    ) {
        self.name = name
        self.address = address
        self.queryPorts = queryPorts
        self.interval = interval
        self.timeout = timeout
        self.connection = connection
        self.lineEnding = lineEnding
        self.alert = alert
        self.forecast = forecast
        self.fields = fields
    }
}
