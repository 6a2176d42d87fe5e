// SPDX-License-Identifier: Apache-2.0

/// What an HSM answered to `<1223#>`: how many TCP sockets it has, and how many are left.
package struct Reading: Hashable, Sendable {
    /// Sockets that a client may still open; at most `total`.
    package let available: Int
    /// Sockets that the HSM is configured for; more than zero.
    package let total: Int

    /// Nil unless `0 ≤ available ≤ total` and `total > 0`: nothing else can be a reading.
    package init?(available: Int, total: Int) {
        guard total > 0, (0...total).contains(available) else { return nil }
        self.available = available
        self.total = total
    }

    /// Sockets in use, the monitor's own among them.
    package var consumed: Int { total - available }

    /// Sockets in use in tenths of a percent, rounded half up: ten digits of sockets times 2000 fit.
    var consumedPermille: Int { (consumed * 2000 + total) / (total * 2) }
}
