// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

extension Spool {
    /// How long a confirmed position waits for company before it is committed alone.
    package nonisolated static let cursorDelay = Duration.seconds(1)
    /// How often the spool looks whether its files are still where they were.
    package nonisolated static let placeInterval = Duration.seconds(1)
    /// How long a disk that failed is left alone.
    package nonisolated static let diskRetry = Duration.seconds(5)
    /// Bytes of committed messages that stay in memory for the outputs.
    package nonisolated static let tailLimit = 4 << 20
    /// Bytes that wait in memory at the most while the disk fails, or is slower than the HSMs.
    package nonisolated static let memoryLimit = 16 << 20
    /// Messages that an output gets at once.
    package nonisolated static let batchLimit = 1000
    /// Bytes that an output gets at once from the disk, and one message more.
    package nonisolated static let readLimit = 1 << 20
}
