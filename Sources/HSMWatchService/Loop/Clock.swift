// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import HSMWatchCore

extension Instant {
    /// Now, on the clock that Dispatch timers use (`CLOCK_MONOTONIC`).
    package static var now: Instant {
        Instant(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds))
    }

    /// The same instant for a Dispatch timer.
    var dispatchTime: DispatchTime {
        DispatchTime(uptimeNanoseconds: UInt64(max(1, nanoseconds)))
    }
}

extension Timestamp {
    /// Now, on the civil clock (`CLOCK_REALTIME`).
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension Moment {
    /// Now, on both clocks.
    package static var now: Moment {
        Moment(instant: .now, timestamp: .now)
    }
}
