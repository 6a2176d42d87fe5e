// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@Suite("What one task waits for", .timeLimit(.minutes(1)))
struct SingleWaiterTests {
    @Test("a second task that waits for a wake-up ends the process")
    func wakeUp() async {
        await #expect(processExitsWith: .failure) { @ServiceLoop in
            let wake = WakeUp()
            async let first: Void = wake.wait()
            async let second: Void = wake.wait()
            _ = await (first, second)
        }
    }

    @Test("a second task that waits for a target's ticks ends the process")
    func ticks() async {
        await #expect(processExitsWith: .failure) { @ServiceLoop in
            let timer = PollTimer()
            let ticks = timer.add(name: "a", interval: .seconds(3600), at: .now)
            async let first = ticks.next()
            async let second = ticks.next()
            _ = await (first, second)
        }
    }

    @Test("a second probe of an HSM while one runs ends the process")
    func prober() async {
        await #expect(processExitsWith: .failure) { @ServiceLoop in
            let hsm = HSMConfiguration(name: "a", address: HostPort(host: "h", port: 1), timeout: .seconds(3600))
            let prober = Prober(hsm: hsm) { _, _, _ in }
            async let first = prober.probe()
            async let second = prober.probe()
            _ = await (first, second)
        }
    }

    @Test("a task may wait again after it was woken")
    @ServiceLoop
    func again() async {
        let wake = WakeUp()
        for _ in 1...3 {
            wake.raise()
            await wake.wait()
        }
    }
}
