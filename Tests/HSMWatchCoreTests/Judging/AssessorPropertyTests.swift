// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

/// What must hold whatever comes: nothing here knows how the assessor works.
@Suite("Assessor, whatever comes")
struct AssessorPropertyTests {
    static let seeds = 0..<200
    static let observations = 500

    @Test("enough good readings in a row always end an alarm", arguments: seeds)
    func goodReadingsEndAlarm(seed: Int) {
        converse(seed) { alert, seen, _, state in
            if endsWith(alert.clearAfter, of: seen, where: { $0 >= 100 + alert.clearMargin }) { #expect(state == .ok) }
        }
    }

    @Test("nothing but better readings in a row improves a state", arguments: seeds)
    func onlyBetterReadingsImprove(seed: Int) {
        converse(seed) { alert, seen, before, state in
            guard seen.count > 1 else { return }
            switch (before, state) {
            case (.critical, .warning):
                #expect(endsWith(alert.clearAfter, of: seen, where: { $0 >= 50 + alert.clearMargin }))
            case (.critical, .ok), (.warning, .ok):
                #expect(endsWith(alert.clearAfter, of: seen, where: { $0 >= 100 + alert.clearMargin }))
            case (.unreachable, .ok), (.unreachable, .warning), (.unknown, .ok), (.unknown, .warning):
                #expect(endsWith(alert.clearAfter, of: seen, where: { _ in true }))
            default: break
            }
        }
    }

    @Test("enough critical readings in a row are always critical", arguments: seeds)
    func criticalReadings(seed: Int) {
        converse(seed) { alert, seen, _, state in
            if endsWith(alert.raiseAfter, of: seen, where: { $0 < 50 }) { #expect(state == .critical) }
        }
    }

    @Test("enough failures of a kind in a row always count", arguments: seeds)
    func failures(seed: Int) {
        converse(seed) { alert, seen, _, state in
            let last = seen.suffix(alert.raiseAfterFailures)
            guard last.count == alert.raiseAfterFailures else { return }
            if last.allSatisfy({ $0 == .fail }) { #expect(state == .unreachable) }
            if last.allSatisfy({ $0 == .garbage }) { #expect(state == .unknown) }
        }
    }

    @Test("failures between them never hide critical readings", arguments: 1...5, [Glimpse.fail, .garbage])
    func alternation(raiseAfter: Int, failure: Glimpse) {
        var assessor = Assessor(
            alert: .prompt(raise: raiseAfter, failures: 2, clear: 2, margin: 5), startedAt: .seconds(0))
        #expect(assessor.assess(200).state == .ok)
        for _ in 1..<raiseAfter {
            #expect(assessor.assess(40).state == .ok)
            #expect(assessor.assess(failure).state == .ok)
        }
        for _ in 0..<10 {
            #expect(assessor.assess(40).state == .critical)
            #expect(assessor.assess(failure).state == .critical)
        }
    }

    /// Tells `check` after each of many observations: the configuration, all that was seen, the states before and after.
    private func converse(_ seed: Int, _ check: (AlertConfiguration, [Glimpse], HSMState, HSMState) -> Void) {
        var numbers = SeededNumbers(seed: seed)
        let alert = AlertConfiguration.prompt(
            raise: .random(in: 1...4, using: &numbers),
            failures: .random(in: 1...4, using: &numbers),
            clear: .random(in: 1...4, using: &numbers),
            margin: .random(in: 0...10, using: &numbers)
        )
        var assessor = Assessor(alert: alert, startedAt: .seconds(0))
        var seen: [Glimpse] = []
        while seen.count < Self.observations {
            // Rows, or nothing would ever be confirmed.
            let next = glimpse(using: &numbers)
            for _ in 0..<Int.random(in: 1...5, using: &numbers) {
                seen.append(next)
                let before = assessor.state
                check(alert, seen, before, assessor.assess(next).state)
            }
        }
    }

    private func glimpse(using numbers: inout SeededNumbers) -> Glimpse {
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0: .fail
        case 1: .garbage
        case 2, 3: .available(.random(in: 45...60, using: &numbers))
        case 4, 5: .available(.random(in: 95...110, using: &numbers))
        default: .available(.random(in: 0...256, using: &numbers))
        }
    }

    private func endsWith(_ count: Int, of seen: [Glimpse], where isMet: (Int) -> Bool) -> Bool {
        seen.count >= count
            && seen.suffix(count).allSatisfy { glimpse in
                guard case .available(let available) = glimpse else { return false }
                return isMet(available)
            }
    }
}
