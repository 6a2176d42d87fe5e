// SPDX-License-Identifier: Apache-2.0

/// How the exhaustion of an HSM's sockets is foreseen.
package struct ForecastConfiguration: Equatable, Sendable {
    /// The past whose readings count.
    package var window: Duration
    /// A leak that comes to critical, or to no sockets where there is no critical, within this warns; nil never warns.
    package var warnWithin: Duration?

    /// `warn_within` when the file gives none.
    package static let defaultWarnWithin = Duration.seconds(30 * 60)

    package init(
        window: Duration = .seconds(15 * 60), warnWithin: Duration? = ForecastConfiguration.defaultWarnWithin
    ) {
        self.window = window
        self.warnWithin = warnWithin
    }
}
