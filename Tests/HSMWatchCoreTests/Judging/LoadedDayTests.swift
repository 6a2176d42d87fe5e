// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

/// A day of an HSM with 256 sockets under a load like that of payments, asked every 5 seconds, from midnight on.
private struct LoadedDay {
    static let interval = 5

    /// Sockets in use at the full hours where the trend changes; between them it is a straight line.
    private static let trend: [(hour: Int, inUse: Int)] = [
        (0, 30), (5, 30), (9, 110), (12, 130), (13, 115), (17, 140), (20, 100), (24, 30),
    ]
    /// The HSM is restarted: no answer, then no clients, who come back within minutes.
    private static let restart = 10_800..<11_100
    /// One probe in so many is lost.
    private static let loss = 300

    /// When a leak begins that takes a socket every 20 seconds; nil: a normal day.
    let leak: Int?
    private var numbers: SeededNumbers
    /// Clients that come and go: some four sockets around zero, of which half are gone after five minutes.
    private var wandering = 0.0

    init(seed: Int, leak: Int? = nil) {
        self.leak = leak
        numbers = SeededNumbers(seed: seed)
    }

    mutating func glimpse(at second: Int) -> Glimpse {
        wandering = wandering * 0.988 + .random(in: -1...1, using: &numbers)
        let jitter = Double.random(in: -3...3, using: &numbers)
        if Self.restart.contains(second) || Int.random(in: 0..<Self.loss, using: &numbers) == 0 { return .fail }
        let load = (onTrend(second) + wandering) * comeback(second) + jitter
        let inUse = Int(load) + batch(second) + leaked(second)
        return .available(256 - min(max(1, inUse), 256))
    }

    private func onTrend(_ second: Int) -> Double {
        for (from, to) in zip(Self.trend, Self.trend.dropFirst()) where second < to.hour * 3600 {
            let share = Double(second - from.hour * 3600) / Double((to.hour - from.hour) * 3600)
            return Double(from.inUse) + Double(to.inUse - from.inUse) * share
        }
        return 0
    }

    private func comeback(_ second: Int) -> Double {
        guard second >= Self.restart.upperBound else { return 1 }
        return min(1, Double(second - Self.restart.upperBound) / 240)
    }

    /// At every full hour a batch opens 40 sockets within a minute and a half, and gives them back after ten.
    private func batch(_ second: Int) -> Int {
        let since = second % 3600
        return since < 90 ? since * 40 / 90 : since < 600 ? 40 : 0
    }

    private func leaked(_ second: Int) -> Int { leak.map { max(0, second - $0) / 20 } ?? 0 }
}

@Suite("A day under load")
struct LoadedDayTests {
    struct Change {
        let second: Int
        let transition: Transition
        let forecast: Forecast?
    }

    static let alert = AlertConfiguration(warning: .absolute(30), critical: .absolute(20))
    static let forecast = ForecastConfiguration(window: .seconds(900), warnWithin: .seconds(600))

    @Test("a normal one brings no forecast warning", arguments: 0..<5)
    func normal(seed: Int) {
        let changes = changes(of: LoadedDay(seed: seed), until: 86_400)
        #expect(changes.map(\.transition.to) == [.ok, .unreachable, .ok])
    }

    @Test("a leak is foreseen minutes before it is critical, and the forecast time is right", arguments: 0..<5)
    func leak(seed: Int) throws {
        let changes = changes(of: LoadedDay(seed: seed, leak: 50_700), until: 54_000)
        let warning = try #require(changes.first { $0.transition.to == .warning })
        let critical = try #require(changes.first { $0.transition.to == .critical })
        #expect(warning.transition.reason == .foreseen)
        let left = critical.second - warning.second
        #expect((300...900).contains(left))
        let told = try #require(warning.forecast?.untilCritical)
        #expect(abs(Int(told.wholeSeconds) - left) <= 270)
        // In this noise it may go once and come again.
        #expect((1...2).contains(changes.until(critical.second).count { $0.transition.reason == .foreseen }))
    }

    private func changes(of day: LoadedDay, until end: Int) -> [Change] {
        var day = day
        var assessor = Assessor(alert: Self.alert, forecast: Self.forecast, startedAt: .seconds(0))
        return stride(from: 0, to: end, by: LoadedDay.interval).compactMap { second in
            let assessment = assessor.assess(day.glimpse(at: second), at: second)
            return assessment.transition.map {
                Change(second: second, transition: $0, forecast: assessment.forecast)
            }
        }
    }
}

extension [LoadedDayTests.Change] {
    fileprivate func until(_ second: Int) -> Self { filter { $0.second < second } }
}
