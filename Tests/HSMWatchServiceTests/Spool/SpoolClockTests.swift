// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool clock")
struct SpoolClockTests {
    private nonisolated static let day = Duration.seconds(86_400)
    private nonisolated static let decade = day * 3652

    private let machine = Machine()

    private func clock(
        noted: SpoolMoment? = nil, newest: Timestamp? = nil, boot: String? = Machine.firstBoot
    ) -> SpoolClock {
        SpoolClock({ [machine] in machine.now }, boot: boot, noted: noted, newest: newest)
    }

    @Test(
        "the first one begins with the civil clock, and runs with the monotonic one", arguments: [decade, decade * -1])
    func first(jump: Duration) {
        let clock = clock()
        let start = machine.now.timestamp
        #expect(clock.time == start)
        machine.set(ahead: jump)
        machine.pass(Self.day)
        #expect(clock.time == start + Self.day)
    }

    @Test(
        "in the same boot the next one counts the time that has passed, whatever the civil clock says",
        arguments: [.zero, decade, decade * -1])
    func sameBoot(jump: Duration) {
        let before = clock()
        let start = before.time
        machine.pass(Self.day * 3)
        machine.set(ahead: jump)
        let next = clock(noted: before.noted, newest: start)
        #expect(next.time == start + Self.day * 3)
        machine.pass(Self.day)
        #expect(clock(noted: next.noted).time == start + Self.day * 4)
    }

    @Test(
        "in another boot the next one goes on from the newest time that is known, and does not count the time between",
        arguments: [.zero, decade, decade * -1])
    func otherBoot(jump: Duration) {
        let before = clock()
        let newest = before.time + .seconds(5)
        machine.set(ahead: jump)
        for message in [nil, newest] {
            let next = clock(noted: before.noted, newest: message, boot: "another")
            #expect(next.time == message ?? before.noted.time)
        }
    }

    @Test(
        "a boot that is unknown, before or now, is another boot", arguments: [nil, Machine.firstBoot],
        [nil, Machine.firstBoot])
    func unknownBoot(before: String?, now: String?) {
        guard before == nil || now == nil else { return }
        let earlier = clock(boot: before)
        let start = earlier.time
        machine.pass(Self.day)
        #expect(clock(noted: earlier.noted, boot: now).time == start)
    }

    @Test(
        "a spool of 0.1.0, which has noted nothing, goes on from its newest message",
        arguments: [.zero, decade, decade * -1])
    func nothingNoted(jump: Duration) {
        let newest = machine.now.timestamp
        machine.set(ahead: jump)
        #expect(clock(newest: newest).time == newest)
    }

    @Test("a monotonic clock that was set back, as by a snapshot of the machine, is not believed")
    func snapshot() {
        machine.pass(Self.day)
        let before = clock()
        let snapshot = Machine()
        let next = SpoolClock({ snapshot.now }, boot: Machine.firstBoot, noted: before.noted, newest: nil)
        #expect(next.time == before.noted.time)
    }

    @Test("a moment is noted once a second, and at once when the clock has moved")
    func noted() {
        var clock = clock()
        let first = clock.noted
        machine.pass(SpoolClock.noteInterval - .milliseconds(1))
        clock.note()
        #expect(clock.noted == first)
        machine.pass(.milliseconds(1))
        clock.note()
        #expect(clock.noted.instant == machine.now.instant)
        #expect(clock.noted.time == first.time + SpoolClock.noteInterval)

        let other = clock.noted.time + Self.decade
        #expect(clock.resume(noted: nil, newest: other) == Self.decade.wholeMilliseconds)
        #expect(clock.noted.time == other)
        #expect(clock.resume(noted: nil, newest: nil) == 0)
    }
}

extension Timestamp {
    fileprivate static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }
}
