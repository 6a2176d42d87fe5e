// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

/// An HSM that is probed each second, and a heartbeat each minute, in virtual time.
@Suite("Reminders of a state that lasts")
struct ReminderTests {
    /// What a heartbeat brought, and when.
    private struct Told: Equatable, CustomStringConvertible {
        let second: Int
        let state: HSMState
        let lasted: Int
        let isWhole: Bool

        var description: String { "\(second): \(state) for \(lasted)\(isWhole ? "" : " at least")" }

        init(_ second: Int, _ state: HSMState, for lasted: Int, isWhole: Bool = true) {
            self.second = second
            self.state = state
            self.lasted = lasted
            self.isWhole = isWhole
        }
    }

    private static func told(
        until end: Int, heartbeat: Int = 60, alert: AlertConfiguration = .prompt(), _ glimpse: (Int) -> Glimpse?
    ) -> [Told] {
        var assessor = Assessor(alert: alert, startedAt: .seconds(0))
        var told: [Told] = []
        for second in 0...end {
            if let glimpse = glimpse(second) { _ = assessor.assess(glimpse, at: second) }
            guard second > 0, second.isMultiple(of: heartbeat) else { continue }
            if let reminder = assessor.reminder(at: .seconds(second)) {
                told.append(
                    Told(
                        second, reminder.state, for: Int(reminder.lasted.wholeSeconds), isWhole: reminder.isWhole))
            }
        }
        return told
    }

    @Test(
        "come with each heartbeat from the fourth minute of the state on, and end with it",
        arguments: [
            (Glimpse.available(60), HSMState.warning), (12, .critical), (.fail, .unreachable), (.garbage, .unknown),
        ])
    func lasting(glimpse: Glimpse, state: HSMState) {
        let told = Self.told(until: 700) { (100..<500).contains($0) ? glimpse : 200 }
        #expect(told == [300, 360, 420, 480].map { Told($0, state, for: $0 - 100) })
    }

    @Test("begin when three minutes are over, not a second before", arguments: [(120, [300, 360]), (121, [360])])
    func border(began: Int, expected: [Int]) {
        let told = Self.told(until: 360) { $0 < began ? 200 : 12 }
        #expect(told.map(\.second) == expected)
    }

    @Test("never come of an HSM that is ok, nor of one that is in trouble for a moment, again and again")
    func short() {
        #expect(Self.told(until: 3600) { _ in 200 }.isEmpty)
        #expect(Self.told(until: 3600) { $0 % 240 < 170 ? 12 : 200 }.isEmpty)
    }

    @Test("count anew when one trouble becomes another")
    func change() {
        let told = Self.told(until: 600) { $0 < 10 ? 200 : $0 < 250 ? 12 : .fail }
        #expect(
            told == [
                Told(240, .critical, for: 230), Told(480, .unreachable, for: 230), Told(540, .unreachable, for: 290),
                Told(600, .unreachable, for: 350),
            ])
    }

    @Test(
        "of what the first probe after a start finds say that it may have lasted longer",
        arguments: [
            (Glimpse.available(12), HSMState.critical), (.fail, .unreachable), (.garbage, .unknown),
            (.rejection, .unknown),
        ])
    func start(glimpse: Glimpse, state: HSMState) {
        let told = Self.told(until: 240) { _ in glimpse }
        #expect(told == [180, 240].map { Told($0, state, for: $0, isWhole: false) })
    }

    @Test("of readings after failures say that the sockets meanwhile are not known")
    func afterFailures() {
        let told = Self.told(until: 480) { $0 < 10 ? 200 : $0 < 250 ? .fail : 12 }
        #expect(told == [Told(240, .unreachable, for: 230), Told(480, .critical, for: 230, isWhole: false)])
    }

    @Test("say nothing of an HSM that was not probed yet, and go on while one is not probed")
    func unprobed() {
        #expect(Self.told(until: 3600) { _ in nil }.isEmpty)
        let told = Self.told(until: 3600, heartbeat: 600) { $0 % 601 == 0 ? .rejection : nil }
        #expect(told.map(\.second) == [600, 1200, 1800, 2400, 3000, 3600])
    }

    @Test("of a state that this machine interrupts begin anew with the state after it")
    func local() {
        let told = Self.told(until: 600) { $0 < 10 ? 200 : (250..<300).contains($0) ? .local : 12 }
        #expect(
            told == [
                Told(240, .critical, for: 230), Told(480, .critical, for: 180, isWhole: false),
                Told(540, .critical, for: 240, isWhole: false), Told(600, .critical, for: 300, isWhole: false),
            ])
    }

    @Test("other thresholds leave the state's age")
    func reload() {
        var assessor = Assessor(alert: .prompt(), startedAt: .seconds(0))
        _ = assessor.assess(200, at: 0)
        _ = assessor.assess(12, at: 10)
        assessor.change(
            alert: AlertConfiguration(critical: .absolute(60)), forecast: ForecastConfiguration())
        _ = assessor.assess(12, at: 200)
        let reminder = assessor.reminder(at: .seconds(310))
        #expect(reminder?.lasted == .seconds(300))
        #expect(reminder?.isWhole == true)
        #expect(reminder?.thresholds.critical == 60)
    }

    @Test("have what the last probe came to, though the state has not followed it yet")
    func outcome() {
        var assessor = Assessor(alert: .prompt(failures: 3, clear: 3), startedAt: .seconds(0))
        _ = assessor.assess(200, at: 0)
        _ = assessor.assess(12, at: 1)
        #expect(assessor.reminder(at: .seconds(200))?.outcome == .reading(Reading(12, of: 256), reply: ""))
        _ = assessor.assess(.fail, at: 201)
        let failed = assessor.reminder(at: .seconds(202))
        #expect(failed?.outcome.isFailure == true && failed?.state == .critical)
        _ = assessor.assess(200, at: 203)
        let better = assessor.reminder(at: .seconds(204))
        #expect(better?.outcome == .reading(Reading(200, of: 256), reply: "") && better?.state == .critical)
    }
}
