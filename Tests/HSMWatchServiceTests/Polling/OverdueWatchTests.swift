// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Overdue watch")
struct OverdueWatchTests {
    @Test("an HSM of which no probe ends is reported, and counts until one ends", .timeLimit(.minutes(1)))
    func reported() async {
        let found = WakeUp()
        var reports: [OverdueProbes.Report] = []
        let watch = OverdueWatch {
            reports.append($0)
            found.raise()
        }
        watch.add(0, name: "khi-1", interval: .milliseconds(100))
        watch.start()
        await found.wait()
        #expect(reports == [OverdueProbes.Report(names: ["khi-1"], count: 1)])
        #expect(watch.count == 1)
        watch.ended(0)
        #expect(watch.count == 0)
        watch.stop()
    }
}
