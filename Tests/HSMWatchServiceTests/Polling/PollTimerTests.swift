// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import Testing

@ServiceLoop
@Suite("Poll timer")
struct PollTimerTests {
    @Test("ticks come on the grid that the first one began")
    func grid() async throws {
        let timer = PollTimer()
        let ticks = timer.add(name: "khi-1", interval: .milliseconds(100), at: .now)
        timer.start()
        let first = try #require(await ticks.next()).tick.due
        for number in 1...5 {
            let next = try #require(await ticks.next())
            let distance = next.tick.due - first
            #expect(distance.wholeNanoseconds % 100_000_000 == 0)
            #expect(distance >= .milliseconds(100) * number)
        }
        timer.stop()
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
