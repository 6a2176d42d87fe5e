// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The time by which spooled messages grow old: the civil clock's, without its jumps.
///
/// It goes on with the monotonic clock. So a civil clock that is set years ahead makes no backlog old, and one that is
/// set back keeps none young for ever. How far the civil clock is ahead is kept with the messages: the next process goes
/// on from there, and counts the time in between.
struct SpoolClock {
    /// How many milliseconds the civil clock may run off before that is noted: less is how clocks are kept right.
    static let tolerance: Int64 = 1000

    private let now: () -> Moment
    private var start: Moment
    /// By how many milliseconds the civil clock is ahead of this one.
    private(set) var lead: Int64 = 0

    /// - Parameters:
    ///   - now: both clocks of the machine.
    ///   - lead: what an earlier process has noted.
    ///   - newest: the time of the newest message. The clock is not behind it, whatever was done to the civil one.
    init(_ now: @escaping () -> Moment, lead: Int64, newest: Timestamp?) {
        self.now = now
        start = now()
        resume(lead: lead, newest: newest)
    }

    var time: Timestamp { time(at: now().instant) }

    /// Goes on where an earlier process has stopped.
    mutating func resume(lead: Int64, newest: Timestamp?) {
        let now = now()
        let time = max(now.timestamp.milliseconds - lead, newest?.milliseconds ?? .min)
        start = Moment(instant: now.instant, timestamp: Timestamp(milliseconds: time))
        self.lead = now.timestamp.milliseconds - time
    }

    /// Notes how far the civil clock is ahead now.
    mutating func compare() {
        let now = now()
        let found = now.timestamp.milliseconds - time(at: now.instant).milliseconds
        if abs(found - lead) >= Self.tolerance { lead = found }
    }

    private func time(at instant: Instant) -> Timestamp {
        Timestamp(milliseconds: start.timestamp.milliseconds + (instant - start.instant).wholeMilliseconds)
    }
}
