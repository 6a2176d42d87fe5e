// SPDX-License-Identifier: Apache-2.0

/// How the exhaustion of an HSM's sockets is foreseen.
package struct ForecastConfiguration: Equatable, Sendable {
    /// The past whose readings count.
    package var window: Duration
    /// Exhaustion nearer than this warns; nil never warns.
    package var warnWithin: Duration?

    package init(window: Duration = .seconds(15 * 60), warnWithin: Duration? = nil) {
        self.window = window
        self.warnWithin = warnWithin
    }
}
