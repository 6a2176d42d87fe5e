// SPDX-License-Identifier: Apache-2.0

/// What a command line says of an HSM, over what a configuration or the defaults say; nil or empty where it says nothing.
package struct HSMOverrides: Sendable {
    package var queryPorts: [UInt16] = []
    package var warning: Threshold?
    package var critical: Threshold?
    package var timeout: Duration?
    package var lineEnding: LineEnding?
    /// Of probes that are repeated; a single one has none.
    package var interval: Duration?

    package init() {}

    /// The HSM with all of this, held to the same rules as an entry of a configuration.
    ///
    /// - Parameter isRepeated: whether it is probed more than once. The timeout of a single probe needs no interval.
    package func applied(
        to base: HSMConfiguration, isRepeated: Bool
    ) throws(InvalidText) -> HSMConfiguration {
        var hsm = base
        if !queryPorts.isEmpty { hsm.queryPorts = try checkedPorts() }
        hsm.lineEnding = lineEnding ?? hsm.lineEnding
        hsm.alert.warning = warning ?? hsm.alert.warning
        hsm.alert.critical = critical ?? hsm.alert.critical
        if let warning = hsm.alert.warning, hsm.alert.critical.isAbove(warning) {
            throw InvalidText(
                "critical \(hsm.alert.critical) is above warning \(warning); "
                    + "allowed: a critical of at most the warning (--critical, --warning)")
        }
        hsm.interval = interval ?? hsm.interval
        // A timeout that nobody asked for here follows a short interval.
        hsm.timeout = timeout ?? (isRepeated ? min(hsm.timeout, hsm.interval) : hsm.timeout)
        if !isRepeated { hsm.interval = max(hsm.interval, hsm.timeout) }
        guard hsm.timeout <= hsm.interval else {
            throw InvalidText(
                "the timeout \(DurationText.format(hsm.timeout)) is longer than the interval "
                    + "\(DurationText.format(hsm.interval)); allowed: a timeout of at most the interval")
        }
        return hsm
    }

    private func checkedPorts() throws(InvalidText) -> [UInt16] {
        guard queryPorts.count <= ConfigurationLimits.queryPorts else {
            throw InvalidText("\(queryPorts.count) query ports; allowed: at most \(ConfigurationLimits.queryPorts)")
        }
        for (index, port) in queryPorts.enumerated() where queryPorts[..<index].contains(port) {
            throw InvalidText("duplicate query port \(port)")
        }
        return queryPorts
    }
}
