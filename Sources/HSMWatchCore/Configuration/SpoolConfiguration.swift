// SPDX-License-Identifier: Apache-2.0

/// How much the spool keeps for outputs that are down; beyond it the oldest readings are dropped and counted.
package struct SpoolConfiguration: Equatable, Sendable {
    /// Bytes on disk.
    package var maxSize: Int
    /// Age of the oldest message.
    package var maxAge: Duration

    package init(maxSize: Int = 256 << 20, maxAge: Duration = .seconds(7 * 86_400)) {
        self.maxSize = maxSize
        self.maxAge = maxAge
    }
}
