// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Watchdog answer")
struct WatchdogAnswerTests {
    private static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("with nothing overdue each tick is answered, and there is no other look")
    func healthy() {
        var watchdog = WatchdogAnswer()
        for tick in 0..<3 {
            #expect(watchdog.look(overdue: nil, at: Self.at(Int64(tick) * 500)) == .answer)
            #expect(watchdog.deadline == nil)
        }
    }

    @Test("however many ticks pass while the answer is withheld, one other look is due")
    func oneRecheck() {
        var watchdog = WatchdogAnswer()
        #expect(watchdog.look(overdue: .spool, at: Self.at(0)) == .report(.spool))
        #expect(watchdog.deadline == Self.at(1000))
        for tick in 1...10 {
            #expect(watchdog.look(overdue: .spool, at: Self.at(Int64(tick) * 100)) == .withhold)
        }
        #expect(watchdog.deadline == Self.at(2000))
        #expect(watchdog.look(overdue: nil, at: Self.at(2000)) == .answer)
        #expect(watchdog.deadline == nil)
    }

    @Test("another part that is overdue is reported, and so is the same one after an answer")
    func reports() {
        var watchdog = WatchdogAnswer()
        #expect(watchdog.look(overdue: .spool, at: Self.at(0)) == .report(.spool))
        #expect(watchdog.look(overdue: .timers, at: Self.at(1)) == .report(.timers))
        #expect(watchdog.look(overdue: .timers, at: Self.at(2)) == .withhold)
        #expect(watchdog.look(overdue: nil, at: Self.at(3)) == .answer)
        #expect(watchdog.look(overdue: .timers, at: Self.at(4)) == .report(.timers))
    }
}
