// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import Testing

@ServiceLoop
@Suite("Poll timer")
struct PollTimerTests {
    @Test("ticks come one after the other, and skipped ones are counted")
    func skips() async throws {
        let timer = PollTimer()
        let watched = timer.add(name: "khi-1", interval: .milliseconds(100), at: .now)
        let busy = timer.add(name: "khi-1", interval: .milliseconds(100), at: .now)
        timer.start()
        var ticks = 0
        while ticks < 5 {
            ticks += 1 + (try #require(await watched.next()))
        }
        #expect(try #require(await busy.next()) >= 4)
        timer.stop()
    }

    @Test("while it runs, targets come, get another interval and go")
    func changes() async throws {
        let timer = PollTimer()
        let slow = timer.add(name: "a", interval: .seconds(86_400), at: .now)
        timer.start()
        let late = timer.add(name: "b", interval: .milliseconds(100), at: .now)
        #expect(await late.next() != nil)
        timer.change(slow, name: "a", interval: .milliseconds(100), at: .now)
        #expect(await slow.next() != nil)
        timer.remove([late])
        #expect(await late.next() == nil)
        #expect(await slow.next() != nil)
        timer.stop()
        let tooLate = timer.add(name: "c", interval: .milliseconds(100), at: .now)
        #expect(await tooLate.next() == nil)
    }

    @Test("a stopped timer ends every target's ticks, waiting or not")
    func stops() async {
        let timer = PollTimer()
        let waiting = timer.add(name: "a", interval: .seconds(86_400), at: .now)
        let later = timer.add(name: "b", interval: .seconds(86_400), at: .now)
        timer.start()
        async let next = waiting.next() == nil
        timer.stop()
        #expect(await next)
        #expect(await later.next() == nil)
        #expect(timer.deadline == nil)
    }
}
