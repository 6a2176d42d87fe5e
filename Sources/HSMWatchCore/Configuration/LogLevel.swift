// SPDX-License-Identifier: Apache-2.0

/// What the journal is told: this and whatever is worse. The words of syslog and the configuration.
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
