// SPDX-License-Identifier: Apache-2.0

/// Thresholds in sockets: available below `critical` is critical. Nil: not configured, or a percentage of a total that
/// no reading has told yet.
package struct AppliedThresholds: Hashable, Sendable {
    package let warning: Int?
    package let critical: Int?

    package init(warning: Int?, critical: Int?) {
        self.warning = warning
        self.critical = critical
    }

    /// The thresholds of `alert` for an HSM with `total` sockets; nil while no reading has told it.
    package init(_ alert: AlertConfiguration, total: Int?) {
        warning = alert.warning.flatMap { Self.sockets($0, total: total) }
        critical = Self.sockets(alert.critical, total: total)
    }

    /// The state that the reading speaks for, taken alone.
    package func state(of reading: Reading) -> HSMState {
        state(of: reading, margin: 0)
    }

    /// The state that the reading speaks for when it must be `margin` sockets above each threshold.
    ///
    /// An HSM with few sockets cannot be that far above a high threshold. There its best reading is enough: one below
    /// the total, because the monitor holds a socket itself. An alarm that can never end would be a lie.
    func state(of reading: Reading, margin: Int) -> HSMState {
        func isBelow(_ threshold: Int?) -> Bool {
            threshold.map { reading.available < min($0 + margin, max($0, reading.total - 1)) } ?? false
        }
        if isBelow(critical) { return .critical }
        return isBelow(warning) ? .warning : .ok
    }

    /// The thresholds that are not below `total`.
    func misconfigured(total: Int) -> [MisconfiguredThreshold] {
        [("warning", warning), ("critical", critical)].compactMap { key, threshold in
            guard let threshold, threshold >= total else { return nil }
            return MisconfiguredThreshold(key: key, threshold: threshold, total: total)
        }
    }

    /// A percentage is rounded up, so that `available` is below the sockets exactly when it is below the percentage.
    private static func sockets(_ threshold: Threshold, total: Int?) -> Int? {
        switch threshold {
        case .absolute(let sockets): sockets
        case .percent(let percent): total.map { ($0 * percent + 99) / 100 }
        }
    }
}
