// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore

/// Gathers how the whole service is.
@ServiceLoop
final class StatusSource {
    private let fleet: Fleet
    private let outputs: Outputs
    private let spool: Spool
    private let clock: ClockWatch
    private let startedAt = Moment.now
    private let configuration: String?

    /// - Parameter configuration: the file that the configuration came from; nil: from none.
    init(fleet: Fleet, outputs: Outputs, spool: Spool, clock: ClockWatch, configuration: String?) {
        self.fleet = fleet
        self.outputs = outputs
        self.spool = spool
        self.clock = clock
        self.configuration = configuration
    }

    /// How it is now. Copies what the parts know already: microseconds an HSM.
    var snapshot: Snapshot {
        Snapshot(
            takenAt: .now,
            process: Snapshot.Process(
                version: Version.number, identifier: Int(getpid()), startedAt: startedAt.timestamp,
                configuration: configuration),
            counts: Heartbeat(fleet, spool, startedAt: startedAt.instant),
            storage: spool.isOnDisk ? .disk : .memory, clockUnsynchronised: clock.unsynchronised,
            hsms: fleet.snapshots, outputs: outputs.snapshots)
    }
}
