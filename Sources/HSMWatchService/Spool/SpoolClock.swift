// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The time by which spooled messages grow old. It runs with the monotonic clock, so nobody can set it.
///
///     first start ── civil clock
///     same boot   ── the noted moment, and the time that the monotonic clock has counted since
///     other boot  ── the newest time that is known: how long the machine was down is unknown, and does not count
///
/// A civil clock that is set, while hsmwatch runs or before it starts, makes no message older or younger. Where the age
/// is in doubt, messages are kept.
struct SpoolClock {
    /// The distance of the moments that are noted for the next process: each costs a commit one more page.
    static let noteInterval = Duration.seconds(1)

    private let boot: String?
    private let now: () -> Moment
    private var start: Moment
    /// A moment at most `noteInterval` before the last call of `note`.
    private(set) var noted: SpoolMoment

    /// - Parameters:
    ///   - now: both clocks of the machine.
    ///   - boot: the boot that the monotonic clock belongs to; nil when it is unknown.
    ///   - noted: the moment that an earlier process has noted.
    ///   - newest: the time of the newest message. The clock is never behind it.
    init(_ now: @escaping () -> Moment, boot: String?, noted: SpoolMoment?, newest: Timestamp?) {
        self.now = now
        self.boot = boot
        let present = now()
        start = present
        self.noted = SpoolMoment(
            boot: boot, instant: present.instant, time: present.timestamp, civil: present.timestamp)
        resume(noted: noted, newest: newest)
    }

    var time: Timestamp { time(at: now().instant) }

    /// Goes on where an earlier process has stopped. Answers how far that has moved the clock, in milliseconds.
    @discardableResult
    mutating func resume(noted earlier: SpoolMoment?, newest: Timestamp?) -> Int64 {
        let now = now()
        let before = time(at: now.instant)
        let known = [earlier.flatMap { time(at: now.instant, since: $0) }, earlier?.time, newest].compactMap { $0 }
        start = Moment(instant: now.instant, timestamp: known.max() ?? before)
        noted = moment(at: now)
        return start.timestamp.milliseconds - before.milliseconds
    }

    /// Notes the present moment, unless the one that is noted is recent.
    mutating func note() {
        let now = now()
        if now.instant - noted.instant >= Self.noteInterval { noted = moment(at: now) }
    }

    private func moment(at now: Moment) -> SpoolMoment {
        SpoolMoment(boot: boot, instant: now.instant, time: time(at: now.instant), civil: now.timestamp)
    }

    private func time(at instant: Instant) -> Timestamp {
        Self.time(start.timestamp, after: instant - start.instant)
    }

    /// The time now by what an earlier process of the same boot has noted; nil when it was another boot, or may have been.
    private func time(at instant: Instant, since earlier: SpoolMoment) -> Timestamp? {
        // A machine that is set back to a snapshot has the same boot, and an earlier instant.
        guard let boot, earlier.boot == boot, earlier.instant <= instant else { return nil }
        return Self.time(earlier.time, after: instant - earlier.instant)
    }

    private static func time(_ time: Timestamp, after duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }
}
