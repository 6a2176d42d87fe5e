// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@Suite("Forecast warnings")
struct ForecastWarningTests {
    struct Change: Equatable {
        let second: Int
        let to: HSMState
        let reason: Transition.Reason
    }

    /// Ten minutes ahead, without a warning threshold.
    private static let forecast = ForecastConfiguration(
        window: .seconds(Series.window), warnWithin: .seconds(600))

    @Test("come by default half an hour before critical")
    func byDefault() {
        #expect(ForecastConfiguration() == ForecastConfiguration(window: .seconds(900), warnWithin: .seconds(1800)))
    }

    @Test("are none when they are off, and the forecast comes all the same")
    func off() {
        let forecast = ForecastConfiguration(warnWithin: nil)
        var assessor = Assessor(alert: Self.alert(), forecast: forecast, startedAt: .seconds(0))
        let assessments = stride(from: 0, to: 1950, by: 10).map { assessor.assess(leak(at: $0), at: $0) }
        #expect(assessments.allSatisfy { $0.state == .ok })
        #expect(assessments.last?.forecast?.untilCritical != nil)
    }

    @Test("come with the first reading whose forecast is within warn_within")
    func first() {
        #expect(
            changes(2200, leak) == [
                Change(second: 0, to: .ok, reason: .observed),
                Change(second: 1400, to: .warning, reason: .foreseen),
                Change(second: 2010, to: .critical, reason: .observed),
            ])
    }

    @Test("need raise_after readings in a row like any other", arguments: [2, 5])
    func raiseAfter(raise: Int) {
        #expect(
            changes(1500, alert: Self.alert(raise: raise), leak).last
                == Change(second: 1400 + 10 * (raise - 1), to: .warning, reason: .foreseen))
    }

    @Test("tell where a threshold says the same that it is no forecast")
    func threshold() {
        #expect(
            changes(1300, alert: Self.alert(warning: 150), leak).last
                == Change(second: 1010, to: .warning, reason: .observed))
    }

    @Test("are none when the reading is below the threshold as well")
    func both() {
        let changes = changes(1600, alert: Self.alert(warning: 150)) { second in
            (900..<1500).contains(second) ? .fail : leak(at: second)
        }
        #expect(changes.last == Change(second: 1510, to: .warning, reason: .observed))
    }

    @Test("end clear_after readings after sockets are freed", arguments: [1, 2, 5])
    func clearAfter(clear: Int) {
        let changes = changes(2000, alert: Self.alert(clear: clear)) { $0 < 1800 ? leak(at: $0) : 250 }
        #expect(changes.last == Change(second: 1800 + 10 * (clear - 1), to: .ok, reason: .observed))
    }

    @Test("do not flap while a noisy leak comes near", arguments: 0..<20)
    func flapping(seed: Int) {
        var numbers = SeededNumbers(seed: seed)
        let changes = changes(3600, alert: Self.alert(clear: 1)) { second in
            .available(250 - second / 17 + .random(in: -3...3, using: &numbers))
        }
        #expect(changes.map(\.to).prefix(3) == [.ok, .warning, .critical])
    }

    @Test("come when an HSM answers again, too")
    func answering() {
        let changes = changes(1900) { (1500..<1700).contains($0) ? .fail : leak(at: $0) }
        #expect(changes.map(\.to) == [.ok, .warning, .unreachable, .warning])
        #expect(changes.last?.reason == .foreseen)
    }

    @Test("say that they are, though the reading that completes the row has no forecast any more")
    func completed() {
        let improving = changes(2060) { $0 == 1500 ? 40 : $0 <= 1510 ? leak(at: $0) : 250 }
        #expect(
            improving.suffix(3) == [
                Change(second: 1500, to: .critical, reason: .observed),
                Change(second: 1520, to: .warning, reason: .foreseen),
                Change(second: 1530, to: .ok, reason: .observed),
            ])
        let answering = changes(1760) { second in
            (1500..<1700).contains(second) ? .fail : second <= 1700 ? leak(at: second) : 250
        }
        #expect(
            answering.suffix(2) == [
                Change(second: 1710, to: .warning, reason: .foreseen),
                Change(second: 1720, to: .ok, reason: .observed),
            ])
    }

    @Test("are none when the thresholds alone would have led to the warning, whatever is foreseen")
    func alone() {
        // Above critical, but not above warning: the row of two is complete without any forecast.
        let changes = changes(2060, alert: Self.alert(warning: 100)) {
            $0 <= 2010 ? leak(at: $0) : $0 == 2020 ? 60 : 110
        }
        #expect(
            changes.suffix(2) == [
                Change(second: 2030, to: .warning, reason: .observed),
                Change(second: 2040, to: .ok, reason: .observed),
            ])
    }

    @Test("need a decline that fills the window: one from its middle on does not yet warn")
    func fillsWindow() throws {
        // A socket every seven seconds from 3000 on: critical at 4400, and within ten minutes from 3800 on.
        let changes = changes(4500) { .available($0 < 3000 ? 250 : 250 - ($0 - 3000) / 7) }
        let warning = try #require(changes.first { $0.reason == .foreseen })
        #expect(warning.second >= 3000 + Series.window * 3 / 4)
        #expect(warning.second < 4400)
    }

    @Test("are none while as few sockets were available before, and nothing was wrong")
    func usual() {
        // Every hour a socket every ten seconds until 100 are left; then all are freed.
        let load = { (second: Int) in Glimpse.available(250 - min(150, second % 3600 / 10)) }
        let first = changes(3600, load).count { $0.reason == .foreseen }
        #expect(first == 1)
        #expect(changes(36_000, load).count { $0.reason == .foreseen } == 1)
        // The tenth time it goes on.
        let leak = changes(38_100) { $0 < 36_000 ? load($0) : .available(250 - ($0 - 36_000) / 10) }
        #expect(leak.suffix(2).map(\.to) == [.warning, .critical])
        #expect(leak.suffix(2).first?.reason == .foreseen)
    }

    @Test("go by the last socket where there is no critical threshold")
    func withoutCritical() {
        let alert = AlertConfiguration(critical: .absolute(0))
        #expect(
            changes(2500, alert: alert, leak).last == Change(second: 1900, to: .warning, reason: .foreseen))
    }

    @Test("are warnings of level 4, the readings of the state and the change")
    func level() throws {
        var assessor = Assessor(alert: Self.alert(), forecast: Self.forecast, startedAt: .seconds(0))
        for second in stride(from: 0, to: 1400, by: 10) { _ = assessor.assess(leak(at: second), at: second) }
        let reading = Reading(110, of: 256)
        let observation = Observation(
            outcome: .reading(reading, reply: ""), instant: .seconds(1400), timestamp: Timestamp(milliseconds: 0),
            latency: .zero)
        let events = Event.telling(of: Sample.subject, observation, assessor.assess(observation))
        #expect(events.map(\.level) == [.warning, .warning])
        #expect(
            events.last?.sentence
                == "HSM khi-1 at 10.10.5.6:9010 is warning by forecast: 110 of 256 sockets available, at this rate "
                + "below critical (50) in 10 min, none left in 18 min (was ok for 23 min 20 s)")
        let fields = try events.map { try MessageFields(Sample("", $0.content).message) }
        #expect(fields.map { $0["_critical_seconds"] } == [.integer(600), .integer(600)])
        #expect(fields.map { $0["_exhaustion_seconds"] } == [.integer(1100), .integer(1100)])
    }

    private static func alert(warning: Int? = nil, raise: Int = 1, clear: Int = 2) -> AlertConfiguration {
        AlertConfiguration(
            warning: warning.map { .absolute($0) }, critical: .absolute(50), raiseAfter: raise, clearAfter: clear)
    }

    /// A socket every ten seconds: 50 are left at 2000, none at 2500.
    private func leak(at second: Int) -> Glimpse { .available(250 - second / 10) }

    private func changes(
        _ seconds: Int, alert: AlertConfiguration = alert(), _ glimpse: (Int) -> Glimpse
    ) -> [Change] {
        var assessor = Assessor(alert: alert, forecast: Self.forecast, startedAt: .seconds(0))
        return stride(from: 0, to: seconds, by: 10).compactMap { second in
            assessor.assess(glimpse(second), at: second).transition.map {
                Change(second: second, to: $0.to, reason: $0.reason)
            }
        }
    }
}
