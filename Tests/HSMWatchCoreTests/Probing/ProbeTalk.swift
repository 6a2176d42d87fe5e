// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// A conversation in virtual time: says what happens, and expects what is to be done.
struct ProbeTalk {
    /// What an HSM without query ports is asked.
    static let question = Request(.everything, lineEnding: .lf)

    var conversation: ProbeConversation
    private var milliseconds: Int64 = 0
    /// How long the conversation listens, by its last word about that.
    private var listening = Duration.zero

    init(
        _ mode: ConnectionMode = .persistent, ports: [UInt16] = [], takenUpAt: Instant? = nil,
        timeout: Duration = .seconds(2)
    ) {
        conversation = ProbeConversation(
            hsm: HSMConfiguration(
                name: "khi-1", address: HostPort(host: "127.0.0.1", port: 9010), queryPorts: ports, timeout: timeout,
                connection: mode), takenUpAt: takenUpAt)
    }

    /// What a port is asked about.
    static func question(_ port: UInt16) -> Request { Request(.port(port), lineEnding: .lf) }

    /// The time of the last event.
    var now: Moment {
        Moment(
            instant: Instant(nanoseconds: milliseconds * 1_000_000), timestamp: Timestamp(milliseconds: milliseconds))
    }

    mutating func hear(_ event: ProbeConversation.Event, after delay: Int64 = 1) -> ProbeConversation.Action {
        milliseconds += delay
        let action = conversation.handle(event, at: now)
        if case .listen(let time) = action { listening = time }
        return action
    }

    /// The deadline passes, and is seen so late.
    mutating func expire(late: Duration = .zero) -> ProbeConversation.Action {
        let due = (conversation.deadline ?? now.instant) + late
        return hear(.deadline, after: max(0, (due - now.instant).wholeMilliseconds))
    }

    mutating func hear(_ text: String) -> ProbeConversation.Action { hear(.received(Array(text.utf8))) }

    /// Nothing is said for as long as the conversation listens.
    mutating func quiet() -> ProbeConversation.Action { hear(.quiet, after: listening.wholeMilliseconds) }

    /// The connection is made, and nothing is said on it.
    mutating func connected(after delay: Int64 = 1) -> ProbeConversation.Action {
        guard case .listen = hear(.connected, after: delay) else { return .none }
        return quiet()
    }

    /// Brings the conversation to the first question on a new connection.
    mutating func connect(asking request: Request = question) {
        #expect(hear(.start) == .resolve)
        #expect(hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(connected() == .send(request))
    }

    static func answers(_ action: ProbeConversation.Action) -> [ProbeConversation.Answer] {
        switch action {
        case .finish(let answers), .finishAndClose(let answers), .finishAndReset(let answers): answers
        case .none, .resolve, .connect, .listen, .send, .close: []
        }
    }

    static func outcomes(_ action: ProbeConversation.Action) -> [Outcome] {
        answers(action).map(\.observation.outcome)
    }

    /// The kind of each failure; nil for a reading.
    static func kinds(_ action: ProbeConversation.Action) -> [Failure.Kind?] {
        outcomes(action).map { outcome in
            if case .failure(let failure) = outcome { failure.kind } else { nil }
        }
    }

    /// The sockets available of each reading, and the detail of each failure.
    static func words(_ action: ProbeConversation.Action) -> [String] {
        outcomes(action).map { outcome in
            switch outcome {
            case .reading(let reading, _): "\(reading.available)"
            case .failure(let failure): failure.detail
            }
        }
    }

    static func keepsConnection(_ action: ProbeConversation.Action) -> Bool {
        if case .finish = action { true } else { false }
    }
}
