// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Thresholds that change while an HSM is watched")
struct ReconfigurationTests {
    private static func alert(
        warning: Int? = nil, critical: Int, raise: Int = 3, clear: Int = 3, margin: Int = 5
    ) -> AlertConfiguration {
        AlertConfiguration(
            warning: warning.map { .absolute($0) }, critical: .absolute(critical), raiseAfter: raise,
            raiseAfterFailures: 2, clearAfter: clear, clearMargin: margin)
    }

    private static let forecast = ForecastConfiguration()

    @Test(
        "that make another state of the last reading change it with the next one, which says so",
        arguments: [
            (
                old: alert(critical: 50), available: 60, new: alert(critical: 100), from: HSMState.ok,
                to: HSMState.critical
            ),
            (alert(critical: 100), 60, alert(critical: 50), .critical, .ok),
            // Within the margin: a start would find it ok as well.
            (alert(critical: 100), 52, alert(critical: 50), .critical, .ok),
            (alert(critical: 100), 60, alert(warning: 70, critical: 50), .critical, .warning),
            (alert(warning: 70, critical: 50), 60, alert(critical: 50), .warning, .ok),
        ])
    func redefined(old: AlertConfiguration, available: Int, new: AlertConfiguration, from: HSMState, to: HSMState) {
        var assessor = Assessor(alert: old, startedAt: .seconds(0))
        #expect(assessor.assess(.available(available), at: 10).state == from)
        assessor.change(alert: new, forecast: Self.forecast)
        #expect(assessor.state == from)
        let assessment = assessor.assess(.available(available), at: 70)
        #expect(
            assessment.transition == Transition(from: from, to: to, lasted: .seconds(60), reason: .reconfigured))
        #expect(assessor.assess(.available(available), at: 80).transition == nil)
    }

    @Test("need as many readings as before")
    func oneReading() {
        var assessor = Assessor(alert: Self.alert(critical: 50), startedAt: .seconds(0))
        _ = assessor.assess(200)
        assessor.change(alert: Self.alert(critical: 100), forecast: Self.forecast)
        let states = (1...3).map { assessor.assess(60, at: $0) }
        #expect(states.map(\.state) == [.ok, .ok, .critical])
        #expect(states.last?.transition?.reason == .observed)
    }

    @Test("count no reading that others have judged")
    func rows() {
        var assessor = Assessor(alert: Self.alert(critical: 100), startedAt: .seconds(0))
        _ = [200, 60, 60].map { assessor.assess($0) }
        assessor.change(alert: Self.alert(critical: 50), forecast: Self.forecast)
        #expect([40, 40, 40].map { assessor.assess($0).state } == [.ok, .ok, .critical])
    }

    @Test("that change nothing, or a row's length only, break no row")
    func sameThresholds() {
        var assessor = Assessor(alert: Self.alert(critical: 100), startedAt: .seconds(0))
        _ = [200, 60, 60].map { assessor.assess($0) }
        assessor.change(alert: Self.alert(critical: 100), forecast: Self.forecast)
        assessor.change(alert: Self.alert(critical: 100, clear: 1), forecast: Self.forecast)
        #expect(assessor.assess(60).transition?.to == .critical)
    }

    @Test("changed twice before a reading, and changed back, say what counts in the end")
    func twice() {
        var assessor = Assessor(alert: Self.alert(critical: 50), startedAt: .seconds(0))
        _ = assessor.assess(60)
        assessor.change(alert: Self.alert(critical: 100), forecast: Self.forecast)
        assessor.change(alert: Self.alert(critical: 100, margin: 9), forecast: Self.forecast)
        #expect(assessor.assess(60).transition?.reason == .reconfigured)
        assessor.change(alert: Self.alert(critical: 50), forecast: Self.forecast)
        assessor.change(alert: Self.alert(critical: 100), forecast: Self.forecast)
        #expect(assessor.assess(60).transition == nil)
    }

    @Test("leave a failure state and its duration, and a failure leaves them to the next reading")
    func failures() {
        var assessor = Assessor(alert: Self.alert(critical: 50, clear: 1), startedAt: .seconds(0))
        _ = assessor.assess(60, at: 0)
        _ = assessor.assess(.fail, at: 1)
        _ = assessor.assess(.fail, at: 2)
        assessor.change(alert: Self.alert(critical: 100, clear: 1), forecast: Self.forecast)
        #expect(assessor.state == .unreachable && assessor.since.instant == .seconds(2))
        #expect(assessor.assess(200, at: 3).transition?.reason == .observed)

        assessor.change(alert: Self.alert(critical: 250), forecast: Self.forecast)
        #expect(assessor.assess(.fail, at: 4).transition == nil)
        #expect(assessor.assess(200, at: 5).transition?.reason == .reconfigured)
    }

    @Test("are reported once when they are not below the total")
    func misconfigured() {
        var assessor = Assessor(alert: Self.alert(critical: 50), startedAt: .seconds(0))
        #expect(assessor.assess(60, of: 64).misconfigured == [])
        assessor.change(alert: Self.alert(critical: 80), forecast: Self.forecast)
        #expect(assessor.thresholds.critical == 80)
        #expect(assessor.assess(60, of: 64).misconfigured.map(\.threshold) == [80])
        #expect(assessor.assess(60, of: 64).misconfigured == [])
    }

    @Test(
        "leave the readings of the forecast, also with another window",
        arguments: [Series.window, Series.window * 3 / 4, Series.window * 3 / 2])
    func forecast(window: Int) {
        let alert = Self.alert(critical: 50)
        var assessor = Assessor(
            alert: alert, forecast: ForecastConfiguration(window: .seconds(Series.window)), startedAt: .seconds(0))
        let leak = { (second: Int) in Glimpse.available(250 - second / 10) }
        for second in stride(from: 0, to: 1500, by: 10) { _ = assessor.assess(leak(second), at: second) }
        let changed = ForecastConfiguration(window: .seconds(window), warnWithin: .seconds(1))
        assessor.change(alert: alert, forecast: changed)
        let after = stride(from: 1500, to: 1620, by: 10).map { assessor.assess(leak($0), at: $0) }
        let seconds = after.compactMap { $0.forecast?.untilExhaustion?.wholeSeconds }
        #expect(seconds.count >= 10)
        #expect(seconds.allSatisfy { (800...1100).contains($0) }, "\(seconds)")
    }

    @Test("change nothing of a state that a forecast holds")
    func foreseen() {
        var assessor = Assessor(
            alert: Self.alert(critical: 50, raise: 1),
            forecast: ForecastConfiguration(window: .seconds(Series.window), warnWithin: .seconds(3600)),
            startedAt: .seconds(0))
        for second in stride(from: 0, to: 1500, by: 10) {
            _ = assessor.assess(.available(250 - second / 10), at: second)
        }
        #expect(assessor.state == .warning)
        assessor.change(
            alert: Self.alert(critical: 40, raise: 1),
            forecast: ForecastConfiguration(window: .seconds(Series.window), warnWithin: .seconds(3600)))
        #expect(assessor.assess(100, at: 1500).transition == nil)
    }
}
