// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Clock watch")
struct ClockWatchTests {
    @Test("reports once that the clock is not synchronised, and tells for how long until it is")
    func reported() {
        var now = Instant(nanoseconds: 0)
        var finding = ClockSynchronisation.Finding.unsynchronised
        var reports: [Duration] = []
        let watch = ClockWatch(now: { now }, look: { finding }, report: { reports.append($0) })
        watch.start()
        for _ in 1...30 {
            now = now + .seconds(60)
            watch.check()
        }
        #expect(reports == [.seconds(600)])
        #expect(watch.unsynchronised == .seconds(1800))
        finding = .synchronised
        watch.check()
        #expect(watch.unsynchronised == nil)
        watch.stop()
    }

    @Test("does not look before the start, nor after the stop")
    func stopped() {
        var looks = 0
        let watch = ClockWatch(
            look: {
                looks += 1
                return .unsynchronised
            }, report: { _ in })
        watch.check()
        watch.start()
        watch.stop()
        watch.check()
        #expect(looks == 1)
    }

    @Test("the kernel's answer is the same each time it is asked, and nothing is changed by asking")
    func kernel() {
        #expect(kernelFinding() == kernelFinding())
    }
}
