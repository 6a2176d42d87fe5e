// SPDX-License-Identifier: Apache-2.0

/// How long a connection to an HSM lives; raw values are the words of the configuration.
package enum ConnectionMode: String, CaseIterable, Sendable {
    /// Kept between probes, so that the monitor has its socket when the HSM runs out of them.
    case persistent
    /// Opened for each probe and closed after the reply's `>`.
    case perProbe = "per-probe"
}
