// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

/// What must not mislead a forecast: single readings, odd HSMs, many readings.
@Suite("Forecast, misled")
struct ForecastRobustnessTests {
    @Test("wild readings, two of each six, change nothing", arguments: [0, 10, 255])
    func wildReadings(wild: Int) {
        let steps = Series().steps(1900) { second in
            [20, 40].contains(second % 60) ? wild : 250 - second / 10
        }
        let right = steps.from(Series.halfWindow).filter { $0.available != wild }
        #expect(right.said.count > right.count * 9 / 10)
        for step in right.said { expect(step, within: 60) }
    }

    @Test("nor does one wild slot in five", arguments: [0, 255])
    func wildSlots(wild: Int) {
        let steps = Series().steps(1900) { $0 / 60 % 5 == 2 ? wild : 250 - $0 / 10 }
        let right = steps.from(Series.halfWindow + 300).filter { $0.available != wild }
        #expect(!right.said.isEmpty)
        for step in right.said { expect(step, within: 60) }
    }

    @Test("the more slots are wild the less is said, but nothing wrong", arguments: 0..<50)
    func breakdown(seed: Int) {
        var numbers = SeededNumbers(seed: seed)
        let share = Int.random(in: 0...60, using: &numbers)
        let wild = Set((0..<60).filter { _ in Int.random(in: 0..<100, using: &numbers) < share })
        let steps = Series().steps(1900) { wild.contains($0 / 60) ? 128 : 250 - $0 / 10 }
        for step in steps.said where !wild.contains(step.second / 60) { expect(step, within: 200) }
    }

    @Test("a third of the readings of a slot may be wild, however many they are, and even if they come first")
    func wildBeginning() {
        let steps = Series(interval: 1).steps(1900) { $0 % 60 < 20 ? 128 : 250 - $0 / 10 }
        let right = steps.from(Series.halfWindow).filter { $0.second % 60 >= 20 }
        #expect(right.said.count > right.count * 9 / 10)
        for step in right.said { expect(step, within: 200) }
    }

    @Test("a decline that hardly stands out of the noise does not come and go all the time")
    func limit() {
        let changes = (0..<10).map { seed in
            var numbers = SeededNumbers(seed: seed)
            let steps = Series().steps(12_000) { 200 - $0 / 100 + .random(in: -4...4, using: &numbers) }
            return zip(steps, steps.dropFirst()).count { ($0.forecast == nil) != ($1.forecast == nil) }
        }
        #expect(changes.reduce(0, +) < 100)
    }

    @Test("a single reading above the line has no forecast, and the next one has it again")
    func loneReadingAbove() {
        let steps = Series().steps(1900) { $0 == 1500 ? 200 : 250 - $0 / 10 }
        #expect(steps.from(1500).first?.forecast == nil)
        for step in steps.from(1510) { expect(step, within: 0) }
    }

    @Test("a single reading below the line is not believed, the second is")
    func readingsBelow() throws {
        let steps = Series().steps(1530) { $0 >= 1500 ? 60 : 250 - $0 / 10 }
        let first = try #require(steps.from(1500).first?.critical)
        let second = try #require(steps.from(1510).first?.critical)
        #expect(first == 500)
        // Ten sockets above critical by the readings, and as many again as a reading may lie off the line.
        #expect((100...200).contains(second))
    }

    @Test("another total begins anew")
    func total() {
        var forecasts = ForecastWindow(length: .seconds(Series.window))
        var said: [Int] = []
        for second in stride(from: 0, to: 2400, by: 10) {
            let reading = Reading(250 - second / 10, of: second < 1200 ? 256 : 512)
            if forecasts.add(reading, at: .seconds(second), critical: 50) != nil { said.append(second) }
        }
        #expect(said.filter { $0 < 1200 }.count == 48)
        #expect(said.filter { $0 >= 1200 }.first == 1200 + Series.halfWindow)
    }

    @Test("without a critical threshold only the end of the sockets is foreseen", arguments: [nil, 0])
    func withoutThreshold(critical: Int?) {
        for step in Series(critical: critical).steps(2400, available: { 250 - $0 / 10 }).said {
            #expect(step.critical == nil)
            #expect(step.exhaustion == step.available * 10)
        }
    }

    @Test("nothing is said when no socket is left")
    func exhausted() {
        let steps = Series().steps(3000) { max(0, 250 - $0 / 10) }
        #expect(steps.until(2490).last?.exhaustion == 20)
        #expect(steps.from(2500).said.isEmpty)
    }

    @Test("what is more than a day away is not said")
    func horizon() {
        let steps = Series(total: 20_000, critical: 9000).steps(3000) { 10_000 - $0 / 10 }
        #expect(!steps.said.isEmpty)
        for step in steps.said {
            #expect(step.critical == (step.available - 9000) * 10)
            #expect(step.exhaustion == nil)
        }
        #expect(Series(total: 20_000).steps(3000) { 10_000 - $0 / 10 }.said.isEmpty)
    }

    @Test("any number of readings in a slot, and one in several, make the same line", arguments: [1, 7, 60, 100])
    func density(interval: Int) {
        let steps = Series(total: 10_000, interval: interval).steps(2 * Series.window) { 9000 - $0 }
        #expect(steps.from(Series.window).said.count == steps.from(Series.window).count)
        for step in steps.from(Series.window) { #expect(step.exhaustion == step.available) }
    }

    @Test("a window with fewer than twelve readings foresees nothing")
    func fewReadings() {
        #expect(Series(interval: 130).steps(4000) { 256 - $0 / 20 }.said.isEmpty)
    }

    private func expect(
        _ step: Series.Step, within seconds: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let critical = step.critical else {
            Issue.record("no forecast at \(step.second)", sourceLocation: sourceLocation)
            return
        }
        #expect(abs(critical - (2000 - step.second)) <= seconds, sourceLocation: sourceLocation)
    }
}
