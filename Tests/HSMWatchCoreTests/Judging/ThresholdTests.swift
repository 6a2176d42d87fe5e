// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Thresholds")
struct ThresholdTests {
    @Test(
        "a percentage is rounded up: below it in sockets is below it in percent",
        arguments: [
            (percent: 20, total: 256, sockets: 52), (20, 64, 13), (50, 64, 32), (1, 64, 1), (1, 1, 1), (33, 100, 33),
            (99, 9_999_999_999, 9_900_000_000), (100, 64, 64),
        ])
    func percentages(percent: Int, total: Int, sockets: Int) {
        let alert = AlertConfiguration(critical: .percent(percent))
        #expect(AppliedThresholds(alert, total: total) == AppliedThresholds(warning: nil, critical: sockets))
        for available in [sockets - 1, sockets] where available <= total {
            #expect((available < sockets) == (available * 100 < percent * total))
        }
    }

    @Test("a percentage is not known before the first reading, and then that of the last total")
    func appliedThresholds() {
        let alert = AlertConfiguration(warning: .percent(50), critical: .absolute(5))
        var assessor = Assessor(alert: alert, startedAt: .seconds(0))
        #expect(assessor.assess(.fail).thresholds == AppliedThresholds(warning: nil, critical: 5))
        #expect(assessor.assess(60, of: 64).thresholds == AppliedThresholds(warning: 32, critical: 5))
        #expect(assessor.assess(.fail).thresholds == AppliedThresholds(warning: 32, critical: 5))
        #expect(assessor.assess(60, of: 128).thresholds == AppliedThresholds(warning: 64, critical: 5))
    }

    @Test(
        "critical goes before warning, whichever is higher",
        arguments: [
            (available: 13, state: HSMState.critical), (12, .critical), (49, .critical), (50, .ok),
        ])
    func criticalAboveWarning(available: Int, state: HSMState) {
        let thresholds = AppliedThresholds(
            AlertConfiguration(warning: .percent(20), critical: .absolute(50)), total: 64)
        #expect(thresholds.state(of: Reading(available, of: 64)) == state)
    }

    @Test("without a warning threshold there is no warning, and a threshold of 0 is never reached")
    func withoutThreshold() {
        let none = Reading(0, of: 64)
        #expect(AppliedThresholds(warning: nil, critical: 1).state(of: none) == .critical)
        #expect(AppliedThresholds(warning: 0, critical: 0).state(of: none) == .ok)
    }

    @Test("a threshold that is not below the total is reported once, and again when the total changes")
    func misconfigured() {
        var assessor = Assessor(
            alert: AlertConfiguration(warning: .absolute(100), critical: .absolute(50)), startedAt: .seconds(0))
        let warning64 = MisconfiguredThreshold(key: "warning", threshold: 100, total: 64)
        let warning40 = MisconfiguredThreshold(key: "warning", threshold: 100, total: 40)
        let critical40 = MisconfiguredThreshold(key: "critical", threshold: 50, total: 40)
        #expect(assessor.assess(.fail).misconfigured == [])
        #expect(assessor.assess(60, of: 64).misconfigured == [warning64])
        #expect(assessor.assess(61, of: 64).misconfigured == [])
        #expect(assessor.assess(.fail).misconfigured == [])
        #expect(assessor.assess(60, of: 64).misconfigured == [])
        #expect(assessor.assess(40, of: 40).misconfigured == [warning40, critical40])
        #expect(assessor.assess(60, of: 101).misconfigured == [])
        #expect(assessor.assess(60, of: 100).misconfigured.map(\.key) == ["warning"])
    }

    @Test(
        "the margin asks for no more sockets than an HSM has beside the monitor's own",
        arguments: [
            (critical: 50, total: 54, clears: 53), (50, 55, 54), (50, 56, 55), (50, 57, 55), (53, 54, 53),
            (54, 54, 54),
        ])
    func marginWithinTotal(critical: Int, total: Int, clears: Int) {
        let alert = AlertConfiguration(critical: .absolute(critical), clearAfter: 1, clearMargin: 5)
        var assessor = Assessor(alert: alert, startedAt: .seconds(0))
        #expect(assessor.assess(.available(critical - 1), of: total).state == .critical)
        #expect(assessor.assess(.available(clears - 1), of: total).state == .critical)
        #expect(assessor.assess(.available(clears), of: total).state == .ok)
    }
}
