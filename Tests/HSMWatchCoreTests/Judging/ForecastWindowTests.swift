// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@Suite("Forecast")
struct ForecastWindowTests {
    @Test("an exact line is foreseen to the second, from half a window on")
    func line() {
        let steps = Series().steps(2400) { 250 - $0 / 10 }
        #expect(steps.said.first?.second == Series.halfWindow)
        for step in steps.from(Series.halfWindow) {
            // Whoever is below 50 is there already.
            #expect(step.critical == (step.available < 50 ? nil : (step.available - 50) * 10))
            #expect(step.exhaustion == step.available * 10)
        }
    }

    @Test("a line under noise is foreseen within a tenth", arguments: 0..<20)
    func noisyLine(seed: Int) {
        var numbers = SeededNumbers(seed: seed)
        let steps = Series().steps(2 * Series.window) { second in
            250 - second / 20 + .random(in: -4...4, using: &numbers)
        }
        #expect(steps.from(Series.window).said.count == steps.from(Series.window).count)
        for step in steps.from(Series.window) {
            expect(step.exhaustion, near: 5000 - step.second)
            expect(step.critical, near: 4000 - step.second)
        }
    }

    @Test("a decline so slow that most readings are equal is foreseen", arguments: [60, 120, 180, 240])
    func slow(secondsPerSocket: Int) {
        let steps = Series().steps(3 * Series.window) { 200 - $0 / secondsPerSocket }
        #expect(!steps.from(Series.window).isEmpty)
        for step in steps.from(Series.window) {
            expect(step.critical, near: 150 * secondsPerSocket - step.second)
        }
    }

    @Test("steady readings have no forecast", arguments: [0, 1, 3, 10, 30], 0..<4)
    func steady(noise: Int, seed: Int) {
        var numbers = SeededNumbers(seed: seed)
        let steps = Series().steps(20 * Series.window) { _ in 128 + .random(in: -noise...noise, using: &numbers) }
        #expect(steps.said.isEmpty)
    }

    @Test("nor have rising ones", arguments: [10, 20, 60, 300], [0, 3])
    func rising(secondsPerSocket: Int, noise: Int) {
        var numbers = SeededNumbers(seed: secondsPerSocket)
        let steps = Series(total: 1000).steps(3 * Series.window) { second in
            60 + second / secondsPerSocket + .random(in: -noise...noise, using: &numbers)
        }
        #expect(steps.said.isEmpty)
    }

    @Test("what falls in one, two or three steps has no rate", arguments: [1, 2, 3], [10, 60])
    func steps(count: Int, height: Int) {
        var numbers = SeededNumbers(seed: 1)
        let steps = Series().steps(5 * Series.window) { second in
            let stepped = second < 2000 ? 0 : min(count, (second - 2000) / 300 + 1)
            return 240 - height * stepped + .random(in: -1...1, using: &numbers)
        }
        #expect(steps.said.isEmpty)
    }

    @Test("nor have up to three clients that come one by one within the window", arguments: [1, 2, 3])
    func fewClients(count: Int) {
        #expect(Series().steps(5 * Series.window) { 200 - $0 / (Series.window / count) }.said.isEmpty)
    }

    @Test("nor has a storm of connections, however high it ends", arguments: [60, 180, 300])
    func storm(lasting: Int) {
        let steps = Series().steps(3 * Series.window) { 220 - min(max(0, $0 - 2000), lasting) * 120 / lasting }
        #expect(steps.said.isEmpty)
    }

    @Test("freed sockets end the forecast at once, and the next needs half a window of its own")
    func reset() {
        let restart = 1800
        let steps = Series().steps(4000) { 250 - ($0 < restart ? $0 : $0 - restart) / 10 }
        #expect(steps.until(restart).last?.critical == 210)
        #expect(steps.from(restart).said.first?.second == restart + Series.halfWindow)
        for step in steps.from(restart + Series.halfWindow).until(restart + 2000) {
            #expect(step.critical == (step.available - 50) * 10)
        }
    }

    @Test("a sawtooth is foreseen within its long teeth only", arguments: [(700, false), (1500, true)])
    func sawtooth(tooth: Int, isForeseen: Bool) {
        let steps = Series().steps(10 * tooth) { 250 - $0 % tooth / 10 }
        #expect(steps.said.isEmpty != isForeseen)
        for step in steps.said {
            #expect(step.second % tooth >= Series.halfWindow)
            #expect(step.critical == (step.available - 50) * 10)
        }
    }

    @Test("a line goes through a gap of failed probes")
    func gap() {
        let gap = 1200..<1700
        let steps = Series().steps(2000) { gap.contains($0) ? nil : 250 - $0 / 10 }
        for step in steps.from(gap.upperBound) { #expect(step.critical == (step.available - 50) * 10) }
    }

    @Test("a step within a gap is none, and after a gap of more than half a window all begins anew")
    func longGap() {
        let stepped = Series().steps(4000) { (1200..<1700).contains($0) ? nil : $0 < 1200 ? 220 : 120 }
        #expect(stepped.said.isEmpty)
        let gap = 1200..<2400
        let resumed = Series(total: 400).steps(4000) { gap.contains($0) ? nil : 400 - $0 / 10 }
        #expect(resumed.from(gap.upperBound).said.first.map { $0.second > gap.upperBound + 300 } ?? false)
    }

    @Test("a decline that has ended is not foreseen any longer", arguments: [0, 2])
    func ended(noise: Int) {
        let end = 1800
        var numbers = SeededNumbers(seed: 1)
        let steps = Series().steps(4 * Series.window) { second in
            245 - min(second, end) / 15 + .random(in: -noise...noise, using: &numbers)
        }
        #expect(!steps.until(end).said.isEmpty)
        #expect(steps.from(end + Series.window / 5).said.isEmpty)
    }

    @Test("a leak that begins is foreseen as soon as it fills half of the window and a little")
    func beginning() throws {
        let begin = 3000
        let steps = Series().steps(6000) { 220 - max(0, $0 - begin) / 20 }
        let first = try #require(steps.said.first)
        #expect(first.second >= begin + Series.halfWindow - 60)
        #expect(first.second <= begin + Series.window * 2 / 3)
        for step in steps.said.until(begin + 3000) { expect(step.critical, near: 20 * 170 + begin - step.second) }
    }

    private func expect(_ seconds: Int?, near right: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let seconds else {
            Issue.record("no forecast", sourceLocation: sourceLocation)
            return
        }
        #expect(abs(seconds - right) <= max(30, right / 10), sourceLocation: sourceLocation)
    }
}
