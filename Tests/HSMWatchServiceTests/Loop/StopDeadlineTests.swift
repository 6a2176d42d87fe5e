// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Stop deadline")
struct StopDeadlineTests {
    @Test("without a signal an output has its whole drain")
    func none() {
        #expect(StopDeadline().timeForOutputs(atMost: .seconds(5)) == .seconds(5))
    }

    @Test("after a signal the outputs end a second before the limit, however often it comes")
    func begun() {
        let stop = StopDeadline()
        let before = Instant.now
        stop.begin()
        for _ in 1...3 {
            stop.begin()
            let time = stop.timeForOutputs(atMost: .seconds(5))
            #expect(time <= StopDeadline.limit - StopDeadline.reserve)
            #expect(time >= StopDeadline.limit - StopDeadline.reserve - (.now - before))
        }
        #expect(stop.timeForOutputs(atMost: .milliseconds(300)) == .milliseconds(300))
    }
}
