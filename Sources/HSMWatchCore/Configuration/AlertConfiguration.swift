// SPDX-License-Identifier: Apache-2.0

/// When an HSM's state becomes worse, and when it becomes better again.
package struct AlertConfiguration: Equatable, Sendable {
    /// Fewer available sockets than this is `warning`; nil never warns.
    package var warning: Threshold?
    /// Fewer available sockets than this is `critical`; never above `warning` of the same kind.
    package var critical: Threshold
    /// Readings in a row before a worse state counts.
    package var raiseAfter: Int
    /// Failed probes in a row before `unreachable` or `unknown` counts.
    package var raiseAfterFailures: Int
    /// Readings in a row before a better state counts.
    package var clearAfter: Int
    /// How many sockets above the threshold available must be before a better state counts.
    package var clearMargin: Int

    package init(
        warning: Threshold? = nil,
        critical: Threshold = .absolute(50),
        raiseAfter: Int = 1,
        raiseAfterFailures: Int = 2,
        clearAfter: Int = 2,
        clearMargin: Int = 5
    ) {
        self.warning = warning
        self.critical = critical
        self.raiseAfter = raiseAfter
        self.raiseAfterFailures = raiseAfterFailures
        self.clearAfter = clearAfter
        self.clearMargin = clearMargin
    }
}
