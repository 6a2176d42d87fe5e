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

    private var instant: Instant?

    /// The stop begins now.
    func begin() {
        instant = instant ?? .now + Self.limit
    }

    /// How long the outputs may still deliver, `drainTimeout` at the most.
    func timeForOutputs(atMost drainTimeout: Duration) -> Duration {
        guard let instant else { return drainTimeout }
        return min(drainTimeout, max(.zero, instant - .now - Self.reserve))
    }
}
