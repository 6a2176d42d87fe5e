// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("What to do next")
struct NextStepTests {
    private static let thresholds = AppliedThresholds(warning: 100, critical: 50)

    private static func step(_ content: Event.Content) -> String? { Sample("", content).event.nextStep }

    /// Of a change to the state, and of the reminder that follows it.
    private static func steps(
        _ state: HSMState, _ outcome: Outcome, from: HSMState = .ok, _ reason: Transition.Reason = .observed
    ) -> [String?] {
        let transition = Transition(from: from, to: state, lasted: .seconds(90), reason: reason)
        let reminder = Reminder(
            state: state, lasted: .seconds(240), isWhole: true, outcome: outcome, thresholds: thresholds)
        return [
            step(.stateChange(Sample.subject, transition, outcome, thresholds)),
            step(.reminder(Sample.subject, reminder)),
        ]
    }

    private static func reading(_ available: Int) -> Outcome { .reading(Reading(available, of: 256), reply: "") }

    @Test("a change to any state but ok has a step, and its reminder has the same")
    func states() {
        for (state, outcome) in [
            (HSMState.warning, Self.reading(60)), (.critical, Self.reading(12)), (.critical, Self.reading(0)),
            (.unreachable, .failure(Sample.refused)), (.unknown, .failure(Failure(.malformed, "no frame"))),
        ] {
            let steps = Self.steps(state, outcome)
            #expect(steps[0] != nil && steps[0] == steps[1], "\(state)")
        }
    }

    @Test("at the last socket payment operations come first")
    func empty() {
        #expect(Self.steps(.critical, Self.reading(0))[0]?.hasPrefix("Call payment operations now, ") == true)
        #expect(Self.steps(.critical, Self.reading(1))[0]?.hasPrefix("Find the hosts that hold the sockets ") == true)
    }

    @Test(
        "an HSM that is ok has a step only after payments may have failed",
        arguments: [(HSMState.critical, true), (.unreachable, true), (.warning, false), (.unknown, false)])
    func recovered(from: HSMState, hasStep: Bool) {
        #expect((Self.steps(.ok, Self.reading(200), from: from)[0] != nil) == hasStep)
    }

    @Test("new thresholds are looked at before any host is")
    func reconfigured() {
        let step = Self.steps(.critical, Self.reading(60), .reconfigured)[0]
        #expect(
            step == "Check that the new thresholds are meant: they changed, the number of available sockets did not.")
        #expect(Self.steps(.ok, Self.reading(60), from: .critical, .reconfigured)[0] == nil)
    }

    @Test("each kind of failure has its step, as a failure and as a state", arguments: Failure.Kind.allCases)
    func failures(_ kind: Failure.Kind) throws {
        let failure = Failure(kind, "detail", errorCode: kind == .hsmError ? 29 : nil)
        let state = HSMState(kind)
        let assessment = Assessment(
            state: state, transition: nil, thresholds: Self.thresholds, misconfigured: [])
        let step = try #require(Self.step(.probeFailure(Sample.subject, failure, assessment)))
        #expect(Self.steps(state, .failure(failure)) == [step, step])
    }

    @Test("a failure that is not confirmed yet asks for patience")
    func unconfirmed() {
        let assessment = Assessment(state: .ok, transition: nil, thresholds: Self.thresholds, misconfigured: [])
        #expect(
            Self.step(.probeFailure(Sample.subject, Sample.refused, assessment))
                == "Wait for the next probes: hsmwatch reports a change of state when they fail, too.")
    }

    @Test("a command that the HSM rejects, and a fault of this machine, have steps of their own")
    func details() {
        let rejected = Failure(.hsmError, "HSM error 22", errorCode: 22)
        #expect(Self.steps(.unknown, .failure(rejected))[0]?.contains("enable command 1223") == true)
        for cause in LocalCause.allCases {
            let step = "On the machine of hsmwatch, \(cause.advice)."
            #expect(Self.steps(.unknown, .failure(Failure(cause, "")))[0] == step)
            #expect(Self.step(.service(.localFaultStarted(cause))) == step)
        }
    }

    @Test("readings, heartbeats and what goes well have none")
    func none() throws {
        for sample in Sample.all where sample.event.isRoutine { #expect(sample.event.nextStep == nil) }
        #expect(Self.step(.service(.started(version: "1", hsms: 1, reason: nil))) == nil)
        #expect(Self.step(.service(.localFaultEnded(.ports, lasted: .seconds(1)))) == nil)
        #expect(Self.step(.service(.sendTest(output: "a", endpoint: "b"))) == nil)
    }

    @Test("a service message that needs a person has one", arguments: Sample.all)
    func problems(_ sample: Sample) {
        guard sample.event.kind == .service, sample.event.level.rawValue <= Level.warning.rawValue else { return }
        #expect(sample.event.nextStep != nil)
    }

    @Test("each is short and ends with a full stop, so that the runbook's place can follow", arguments: Sample.all)
    func form(_ sample: Sample) throws {
        guard let step = sample.event.nextStep else { return }
        #expect(step.hasSuffix(".") && step.first?.isUppercase == true)
        #expect(step.count <= 200)
        let fields = try MessageFields(sample.message)
        #expect(fields["_next_step"] == .string(step))
    }

    @Test("the runbook's place follows if it is configured, uncut at its greatest length", arguments: ["x", "🔐", "<"])
    func runbook(character: String) throws {
        let place = String(repeating: character, count: ConfigurationLimits.runbookLength)
        let encoder = MessageEncoder(source: "m", runbook: place)
        for sample in Sample.all {
            let message = encoder.encode(sample.event).numbered(instance: "i", sequence: 1)
            let expected = sample.event.nextStep.map { MessageFields.Value.string("\($0) Runbook: \(place)") }
            #expect(try MessageFields(message)["_next_step"] == expected)
        }
    }
}
