// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// Something in a content pack that Graylog, of one version, does not take as it is meant.
package struct ContentPackViolation: Hashable, Sendable, CustomStringConvertible {
    /// What comes of it, from the least to the greatest harm.
    package enum Effect: Hashable, Sendable, Comparable {
        /// It is installed, but what is there does not work as it is meant.
        case misleads
        /// The installation fails with status 500, and nothing is installed.
        case breaksInstallation
        /// The upload fails with status 500.
        case breaksUpload
        /// The upload is refused with status 400.
        case refusesUpload
    }

    /// Where, as in `entities[3].data.config.series[0].type`; empty for the pack itself.
    package let path: String
    /// What is wrong there, and what is allowed.
    package let reason: String
    package let effect: Effect

    package init(_ path: String, _ reason: String, _ effect: Effect) {
        self.path = path
        self.reason = reason
        self.effect = effect
    }

    package var description: String { "\(path): \(reason)" }
}
