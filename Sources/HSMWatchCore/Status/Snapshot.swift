// SPDX-License-Identifier: Apache-2.0

/// How the whole service is at a moment: what `hsmwatch status` is answered.
package struct Snapshot: Equatable, Sendable {
    /// The number of the JSON's schema, `version`: raised when a field changes its meaning, not when one is added.
    package static let schema = 1

    /// The running process.
    package struct Process: Equatable, Sendable {
        /// The version of hsmwatch.
        package let version: String
        package let identifier: Int
        package let startedAt: Timestamp
        /// The configuration file, when it came from one.
        package let configuration: String?

        package init(version: String, identifier: Int, startedAt: Timestamp, configuration: String?) {
            self.version = version
            self.identifier = identifier
            self.startedAt = startedAt
            self.configuration = configuration
        }
    }

    /// Where the spool keeps its messages; the raw value is what `storage` carries.
    package enum Storage: String, Sendable {
        case disk
        /// The disk fails: in bounded memory.
        case memory
    }

    /// Every age counts back from here, by the monotonic clock: an administrator may have set the civil clock.
    package let takenAt: Moment
    package let process: Process
    /// The same counts as the heartbeat message has, at this moment.
    package let counts: Heartbeat
    package let storage: Storage
    /// How long the machine's clock has not been synchronised; nil unless that was reported and lasts.
    package let clockUnsynchronised: Duration?
    /// In the order of the configuration; an HSM with several query ports comes with each.
    package let hsms: [HSMSnapshot]
    package let outputs: [OutputSnapshot]

    package init(
        takenAt: Moment, process: Process, counts: Heartbeat, storage: Storage,
        clockUnsynchronised: Duration? = nil, hsms: [HSMSnapshot], outputs: [OutputSnapshot]
    ) {
        self.takenAt = takenAt
        self.process = process
        self.counts = counts
        self.storage = storage
        self.clockUnsynchronised = clockUnsynchronised
        self.hsms = hsms
        self.outputs = outputs
    }
}
