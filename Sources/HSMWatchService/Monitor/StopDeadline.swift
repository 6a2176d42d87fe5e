// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// When the service must have stopped: `limit` after the signal, whatever hangs.
///
/// The parts end one after the other, so the time that one takes is missing to the next.
@ServiceLoop
final class StopDeadline {
    /// How long a stop may take, from the signal to the end of the process.
    nonisolated static let limit = Duration.seconds(5)
    /// The end of this time, for all that comes after the outputs: the spool's last commit, and the end of the process.
    nonisolated static let reserve = Duration.seconds(1)
    /// The end of this time, for the end of the process: the disk is waited for no longer.
    nonisolated static let exitReserve = Duration.milliseconds(500)

    private let giveUpDisk: () -> Void
    private var instant: Instant?

    /// - Parameter giveUpDisk: called when the stop can wait no longer for the disk.
    init(giveUpDisk: @escaping () -> Void = {}) {
        self.giveUpDisk = giveUpDisk
    }

    /// The stop begins now.
    func begin() {
        guard instant == nil else { return }
        instant = .now + Self.limit
        ServiceLoop.after(Self.limit - Self.exitReserve, do: giveUpDisk)
    }

    /// How long the outputs may still deliver, `drainTimeout` at the most.
    func timeForOutputs(atMost drainTimeout: Duration) -> Duration {
        guard let instant else { return drainTimeout }
        return min(drainTimeout, max(.zero, instant - .now - Self.reserve))
    }
}
