// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

/// One HSM with 256 sockets, asked once a second from midnight to midnight.
private struct Day {
    static let seconds = 86_400

    /// Available sockets at the full hours where the load's trend changes; between them it is a straight line.
    private static let trend: [(hour: Int, available: Int)] = [
        (0, 220), (6, 220), (9, 40), (10, 40), (13, 160), (16, 80), (18, 80), (21, 200), (24, 200),
    ]
    /// From two o'clock on the HSM is rebooted.
    private static let outage = 7200..<7800
    /// From ten in the evening on a batch hovers around the critical threshold.
    private static let batch = 79_200..<82_800
    private static let hovering = [51, 49, 54, 48, 52, 49]
    /// Three readings below the critical threshold in a row end every ten minutes of the batch.
    private static let batchPeak = 597
    /// One probe in so many is lost.
    private static let loss = 1000

    static func glimpse(at second: Int) -> Glimpse {
        if outage.contains(second) || second % loss == loss - 1 { return .fail }
        guard batch.contains(second) else { return .available(onTrend(second)) }
        return .available(second % 600 >= batchPeak ? 49 : hovering[second % hovering.count])
    }

    private static func onTrend(_ second: Int) -> Int {
        guard let (from, to) = zip(trend, trend.dropFirst()).first(where: { second < $1.hour * 3600 }) else {
            return 200
        }
        return from.available
            + (to.available - from.available) * (second - from.hour * 3600) / ((to.hour - from.hour) * 3600)
    }
}

@Suite("A simulated day")
struct SimulatedDayTests {
    struct Change: Equatable {
        let second: Int
        let to: HSMState
        let lasted: Int

        init(_ second: Int, _ to: HSMState, after lasted: Int) {
            self.second = second
            self.to = to
            self.lasted = lasted
        }
    }

    static let alert = AlertConfiguration(
        warning: .absolute(100), critical: .absolute(50), raiseAfter: 3, raiseAfterFailures: 2, clearAfter: 5,
        clearMargin: 5)

    @Test("brings exactly the changes that matter, to the second")
    func changes() {
        let expected = [
            Change(0, .ok, after: 0),
            // The second failure of the outage; the fifth reading after it.
            Change(7201, .unreachable, after: 7201),
            Change(7804, .ok, after: 603),
            // The morning takes a socket a minute: 99 left at 28,860, 49 at 31,860; the third reading counts.
            Change(28_862, .warning, after: 21_058),
            Change(31_862, .critical, after: 3000),
            // From ten on it gives one back every 90 seconds: 55 at 37,350, 105 at 41,850; the fifth reading counts.
            Change(37_354, .warning, after: 5492),
            Change(41_854, .ok, after: 4500),
            // The afternoon takes one every 135 seconds: 99 left at 55,035; the evening brings 105 at 67,050.
            Change(55_037, .warning, after: 13_183),
            Change(67_054, .ok, after: 12_017),
            // The batch: warning with its third reading, critical with its first peak, and no flapping after it.
            Change(79_202, .warning, after: 12_148),
            Change(79_799, .critical, after: 597),
            Change(82_804, .ok, after: 3005),
        ]
        #expect(changes(of: Self.alert) == expected)
    }

    @Test("without damping the same day flaps")
    func flapping() {
        #expect(changes(of: .prompt()).count > 1000)
    }

    private func changes(of alert: AlertConfiguration) -> [Change] {
        var assessor = Assessor(alert: alert, startedAt: .seconds(0))
        return (0..<Day.seconds).compactMap { second in
            assessor.assess(Day.glimpse(at: second), at: second).transition.map {
                Change(second, $0.to, after: Int($0.lasted.components.seconds))
            }
        }
    }
}
