// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Assessor")
struct AssessorTests {
    @Test("the first observation sets the state", arguments: Conversation.first)
    func first(_ conversation: Conversation) { check(conversation) }

    @Test("a worse state needs raise_after readings in a row", arguments: Conversation.raises)
    func raises(_ conversation: Conversation) { check(conversation) }

    @Test("a failure state needs raise_after_failures failures in a row", arguments: Conversation.failures)
    func failures(_ conversation: Conversation) { check(conversation) }

    @Test("a better state needs clear_after readings in a row, clear_margin above", arguments: Conversation.clears)
    func clears(_ conversation: Conversation) { check(conversation) }

    @Test("a failure of this machine is unknown at once, and what stood goes on", arguments: Conversation.local)
    func local(_ conversation: Conversation) { check(conversation) }

    @Test("no run of failures of this machine makes an HSM unreachable, and one reading ends them", arguments: 1...5)
    func localRun(failures: Int) {
        var assessor = Assessor(alert: .prompt(failures: 2, clear: 3), startedAt: .seconds(0))
        #expect(assessor.assess(200, at: 1).state == .ok)
        for second in 2...1001 { #expect(assessor.assess(.local, at: second).state == .unknown) }
        let after = assessor.assess(200, at: 1002)
        #expect(after.transition == Transition(from: .unknown, to: .ok, lasted: .seconds(1000)))
    }

    @Test("every failure kind speaks for unreachable or unknown", arguments: Failure.Kind.allCases)
    func failureKinds(_ kind: Failure.Kind) {
        let unknown: Set<Failure.Kind> = [.hsmError, .malformed, .local]
        #expect(HSMState(kind) == (unknown.contains(kind) ? .unknown : .unreachable))
    }

    @Test("a transition is reported once, with how long the state before had lasted")
    func transitions() {
        var assessor = Assessor(alert: .prompt(), startedAt: .seconds(10))
        #expect(assessor.state == .unknown)
        #expect(assessor.since.instant == .seconds(10))

        let first = assessor.assess(200, at: 12)
        #expect(first.transition == Transition(from: .unknown, to: .ok, lasted: .seconds(2)))
        #expect(assessor.assess(200, at: 13).transition == nil)
        let second = assessor.assess(.fail, at: 112)
        #expect(second.transition == Transition(from: .ok, to: .unreachable, lasted: .seconds(100)))
        #expect(second.state == .unreachable)
        #expect(assessor.state == .unreachable)
        #expect(assessor.since.instant == .seconds(112))
    }

    @Test("the state before the first observation is unknown: staying in it is no transition")
    func noTransitionAtStart() {
        var assessor = Assessor(alert: .prompt(), startedAt: .seconds(10))
        #expect(assessor.assess(.garbage, at: 20).transition == nil)
        let later = assessor.assess(200, at: 30)
        #expect(later.transition == Transition(from: .unknown, to: .ok, lasted: .seconds(20)))
    }

    private func check(_ conversation: Conversation) {
        var assessor = Assessor(alert: conversation.alert, startedAt: .seconds(0))
        var states: [HSMState] = []
        for (second, glimpse) in conversation.observe.enumerated() {
            let before = assessor.state
            let assessment = assessor.assess(glimpse, at: second)
            #expect(assessment.transition?.to == (assessment.state == before ? nil : assessment.state))
            states.append(assessment.state)
        }
        #expect(states == conversation.expect)
    }
}
