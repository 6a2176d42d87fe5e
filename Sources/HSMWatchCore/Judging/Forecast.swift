// SPDX-License-Identifier: Apache-2.0

/// How long the sockets of an HSM last at the rate at which they fall: an opinion, held only while they do.
package struct Forecast: Hashable, Sendable {
    /// Nothing farther away is said, nor can `warn_within` be longer: no load falls for a day as it did in a window.
    static let horizon = ConfigurationLimits.forecastWarnWithin.upperBound

    /// Until available reaches the critical threshold, in whole seconds; nil without a threshold, below it, and beyond
    /// the horizon.
    package let untilCritical: Duration?
    /// Until no socket is available, in whole seconds; nil when none is, and beyond the horizon.
    package let untilExhaustion: Duration?
    /// Whether it looks like a leak: the sockets fall through the whole window, to fewer than in the days before.
    package let isLeak: Bool

    /// Nil when there is nothing to say.
    package init?(untilCritical: Duration?, untilExhaustion: Duration?, isLeak: Bool = true) {
        guard untilCritical != nil || untilExhaustion != nil else { return nil }
        self.untilCritical = untilCritical
        self.untilExhaustion = untilExhaustion
        self.isLeak = isLeak
    }

    /// Whether the critical threshold, or where there is none the last socket, is reached within `limit`.
    func isWithin(_ limit: Duration) -> Bool {
        (untilCritical ?? untilExhaustion).map { $0 <= limit } ?? false
    }
}
