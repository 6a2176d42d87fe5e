// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@Suite("Forecast warnings of a whole fleet")
struct BreathingFleetTests {
    struct Change {
        let second: Int
        let to: HSMState
        let reason: Transition.Reason
    }

    private static let interval = 10
    private static let total = 256
    private static let day = 86_400

    @Test("a healthy HSM raises none by default, however its load breathes", arguments: BreathingShape.all, 0..<2)
    func healthy(shape: BreathingShape, seed: Int) {
        let changes = Self.changes(of: Self.day, seed: seed, shape.inUse)
        #expect(changes.count { $0.reason == .foreseen } == 0, "\(changes)")
    }

    @Test("there are ten shapes and more")
    func shapes() {
        #expect(BreathingShape.all.count >= 10)
        #expect(Set(BreathingShape.all.map(\.testDescription)).count == BreathingShape.all.count)
    }

    /// A leak that begins after four hours, and how long before critical it is foreseen, in minutes.
    struct Leak: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let secondsPerSocket: Int
        let noise: Int
        let isLoadDaily: Bool
        let leadMinutes: ClosedRange<Int>

        static let begin = 14_400
        static let all = [
            Leak(testDescription: "fast", secondsPerSocket: 10, noise: 0, isLoadDaily: false, leadMinutes: 8...20),
            Leak(testDescription: "medium", secondsPerSocket: 20, noise: 0, isLoadDaily: false, leadMinutes: 25...35),
            Leak(testDescription: "slow", secondsPerSocket: 60, noise: 0, isLoadDaily: false, leadMinutes: 25...35),
            Leak(testDescription: "noisy", secondsPerSocket: 20, noise: 6, isLoadDaily: false, leadMinutes: 20...35),
            Leak(
                testDescription: "slow, noisy", secondsPerSocket: 30, noise: 4, isLoadDaily: false,
                leadMinutes: 20...35),
            Leak(
                testDescription: "under daily load", secondsPerSocket: 20, noise: 4, isLoadDaily: true,
                leadMinutes: 15...35),
        ]
    }

    @Test("a leak is foreseen in time", arguments: Leak.all, 0..<3)
    func leak(leak: Leak, seed: Int) throws {
        let changes = Self.changes(of: Leak.begin + 5 * 3600, seed: seed) { second, numbers in
            let load = leak.isLoadDaily ? 40 + second * 40 / Self.day : 60
            let leaked = max(0, second - Leak.begin) / leak.secondsPerSocket
            return load + leaked + (leak.noise > 0 ? .random(in: -leak.noise...leak.noise, using: &numbers) : 0)
        }
        let critical = try #require(changes.first { $0.to == .critical })
        let foreseen = changes.filter { $0.reason == .foreseen && $0.second < critical.second }
        #expect(foreseen.count == 1)
        let lead = try #require(foreseen.first.map { (critical.second - $0.second) / 60 })
        #expect(leak.leadMinutes.contains(lead), "\(lead) min")
    }

    @Test("load that grows as fast as a leak warns the first time only, whether it comes every hour or every day")
    func returning() {
        for period in [3600, Self.day] {
            let changes = Self.changes(of: 5 * Self.day, seed: 1) { second, numbers in
                let since = second % period
                // 100 clients come within half an hour, stay, and go.
                let load = since < 1800 ? since / 18 : since < period / 2 + 900 ? 100 : 0
                return 30 + load + .random(in: -2...2, using: &numbers)
            }
            let foreseen = changes.filter { $0.reason == .foreseen }
            #expect(foreseen.count <= 2)
            #expect(foreseen.allSatisfy { $0.second < 7200 }, "\(foreseen)")
        }
    }

    @Test("the level of a week ago is forgotten")
    func forgotten() {
        let dip = 3600..<9000
        let leaks = { (begin: Int) in
            Self.changes(of: begin + 2400, seed: 1) { second, _ in
                dip.contains(second) ? 190 : 60 + max(0, second - begin) / 20
            }.count { $0.reason == .foreseen }
        }
        #expect(leaks(5 * Self.day) == 0)
        #expect(leaks(9 * Self.day) == 1)
    }

    private static func changes(
        of seconds: Int, seed: Int, _ inUse: (Int, inout SeededNumbers) -> Int?
    ) -> [Change] {
        var numbers = SeededNumbers(seed: seed)
        var assessor = Assessor(
            alert: AlertConfiguration(critical: .absolute(50)), forecast: ForecastConfiguration(),
            startedAt: .seconds(0))
        return stride(from: 0, to: seconds, by: interval).compactMap { second in
            let glimpse = inUse(second, &numbers).map { Glimpse.available(total - min(max(0, $0), total)) } ?? .fail
            return assessor.assess(glimpse, at: second).transition.map {
                Change(second: second, to: $0.to, reason: $0.reason)
            }
        }
    }
}
