// SPDX-License-Identifier: Apache-2.0

/// The version of hsmwatch, the one place that says it.
package enum Version {
    package static let number = "0.1.0"
}
