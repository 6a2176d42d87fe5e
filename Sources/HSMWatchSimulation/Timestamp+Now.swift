// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

extension Timestamp {
    /// The time by this machine's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
