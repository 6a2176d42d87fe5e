// SPDX-License-Identifier: Apache-2.0

/// Writes down the phases of a probe, from what its conversation hears and what it does about that.
///
/// It decides nothing: whether an event meant anything, and whether a reply was complete, is read off the
/// conversation's action. A conversation without a trace goes the same way.
package struct ProbeTrace: Sendable {
    /// The phases of the probe that runs, or ran last.
    package private(set) var phases: [ProbePhase] = []
    /// The addresses that the conversation knows by their index.
    package var addresses: [HostPort] = []

    /// When the probe began; nil while none runs.
    private var startedAt: Instant?
    /// The address that is tried.
    private var address = 0
    /// What came since the last question, and when its last byte did.
    private var received: (bytes: ProbePhase.Received, time: Duration)?
    /// Whether a question is open.
    private var isAsked = false

    private let name: HostPort

    /// - Parameter name: what the user calls the HSM; an address is shown only where it says more.
    package init(of name: HostPort) {
        self.name = name
    }

    /// - Parameter deadline: the conversation's before the event.
    package mutating func note(
        _ event: ProbeConversation.Event, _ action: ProbeConversation.Action, at now: Instant, deadline: Instant? = nil
    ) {
        if event == .start, action != .none {
            startedAt = now
            phases = []
            received = nil
            isAsked = false
        }
        guard let startedAt else { return }
        let time = now - startedAt
        if case .received(let bytes, let age) = event { receive(bytes, at: time - KernelAge.counted(age)) }
        switch action {
        case .none: return
        case .resolve, .connect, .listen, .send, .finish, .finishAndClose, .finishAndReset, .close: break
        }
        noteEffective(event, action, at: event == .deadline ? (deadline ?? now) - startedAt : time)
        switch action {
        case .connect(let index):
            address = index
        case .send(let request):
            isAsked = true
            append(.asked(request), at: time)
        case .finish, .finishAndClose, .finishAndReset:
            self.startedAt = nil
        case .none, .resolve, .listen, .close:
            break
        }
    }

    /// Notes an event that the conversation did something about.
    private mutating func noteEffective(
        _ event: ProbeConversation.Event, _ action: ProbeConversation.Action, at time: Duration
    ) {
        let kind: ProbePhase.Kind? =
            switch event {
            case .start, .quiet: nil
            case .resolved: .resolved(addresses)
            case .unresolved(let detail, _): .unresolved(detail: detail)
            case .connected: triedAddress.map(ProbePhase.Kind.connected)
            case .notConnected(let failure): triedAddress.map { .notConnected($0, failure) }
            case .received: nil
            case .ended(let detail): .ended(detail: detail)
            case .deadline: expired(action)
            }
        noteReceived(event)
        guard let kind else { return }
        append(kind, at: time)
    }

    /// The deadline of the probe, or only of an address: then the next one is tried.
    private func expired(_ action: ProbeConversation.Action) -> ProbePhase.Kind? {
        guard case .connect = action else { return .expired }
        return triedAddress.map { .notConnected($0, Failure.late($0, name: name)) }
    }

    /// Notes what has come until the event: the answer if the event completes it.
    private mutating func noteReceived(_ event: ProbeConversation.Event) {
        guard let (bytes, time) = received else { return }
        received = nil
        if case .received = event, isAsked {
            isAsked = false
            append(.answered(bytes), at: time)
        } else if event != .quiet || !FrameDecoder.isLineEnding(bytes.beginning) {
            append(.received(bytes), at: time)
        }
    }

    /// Adds a phase. It may have come earlier than it was seen, but not before the phase that it follows.
    private mutating func append(_ kind: ProbePhase.Kind, at time: Duration) {
        phases.append(ProbePhase(kind, at: max(time, phases.last?.time ?? .zero)))
    }

    private mutating func receive(_ bytes: [UInt8], at time: Duration) {
        var all = received?.bytes ?? ProbePhase.Received()
        all.append(bytes)
        received = (all, time)
    }

    private var triedAddress: HostPort? {
        addresses.indices.contains(address) ? addresses[address] : nil
    }
}
