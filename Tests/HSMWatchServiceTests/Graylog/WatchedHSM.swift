// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore
@testable import HSMWatchSimulation

/// An HSM of an `AlertStage`: its state, and the messages about it with the fields of the contract.
struct WatchedHSM {
    /// A state is repeated from this age on, with each heartbeat.
    private static let reminded = Duration.seconds(240)

    let subject: Subject
    private var assessor: Assessor
    private var since = AlertStage.midnight
    /// The reading or failure of the latest probe.
    private(set) var latestFact: Event?
    private var latest: Outcome?

    init(_ hsm: HSMConfiguration) {
        subject = Subject(name: hsm.name, address: hsm.address, queryPort: nil, fields: hsm.fields)
        assessor = Assessor(
            alert: hsm.alert, forecast: hsm.forecast, startedAt: Self.instant(AlertStage.midnight))
    }

    /// The change of state that the outcome confirms.
    mutating func observe(_ outcome: Outcome, at time: Timestamp) -> Event? {
        latest = outcome
        let observation = Observation(
            outcome: outcome, instant: Self.instant(time), timestamp: time, latency: .microseconds(421))
        let assessment = assessor.assess(observation)
        let events = Event.telling(of: subject, observation, assessment)
        latestFact = events.first
        guard assessment.transition != nil else { return nil }
        since = time
        return events.last
    }

    /// The message with the contract's fields `hsm` and `next_step`, where it does not have them.
    func complete(_ message: StoredMessage) -> StoredMessage {
        var message = message
        message.fields["hsm"] = .string(subject.name)
        if let step = assessor.state.step, message.fields["next_step"] == nil {
            message.fields["next_step"] = .string(step)
        }
        return message
    }

    /// Whether a reminder accompanies a heartbeat.
    func isReminded(at time: Timestamp) -> Bool {
        assessor.state != .ok && age(at: time) >= Self.reminded
    }

    /// The reminder, with the fields of what the latest probe has found.
    func reminder(with fact: StoredMessage, at time: Timestamp) -> StoredMessage {
        var message = complete(fact)
        message.timestamp = time
        message.fields["timestamp"] = .string(time.graylogText)
        message.fields["event_type"] = .string("reminder")
        message.fields["level"] = .long(Int64(Level(ofChangeTo: assessor.state).rawValue))
        let found = latest?.sentencePart ?? ""
        message.fields["message"] = .string(
            "HSM \(subject.name) is still \(assessor.state.rawValue): \(found), for "
                + age(at: time).roughSentencePart)
        return message
    }

    private func age(at time: Timestamp) -> Duration {
        .milliseconds(time.milliseconds - since.milliseconds)
    }

    private static func instant(_ time: Timestamp) -> Instant {
        Instant(nanoseconds: time.milliseconds * 1_000_000)
    }
}

extension HSMState {
    /// What the message says to do.
    fileprivate var step: String? {
        switch self {
        case .ok: nil
        case .warning, .critical: "Find the hosts that hold the sockets, and restart their connections, not the HSM."
        case .unreachable: "Ask payment operations whether PIN checks work, then look at the way to the HSM."
        case .unknown: "Run hsmwatch probe, and see what the HSM answers."
        }
    }
}
