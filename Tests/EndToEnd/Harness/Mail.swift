// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import Testing

/// What a Graylog got from the service, in the order of its arrival.
struct Mail {
    private(set) var messages: [StoredMessage] = []

    var readings: [StoredMessage] { messages.of("reading") }
    var sequences: [Int] { messages.compactMap { $0.integer("sequence") } }
    /// Whose numbers the messages carry.
    var instances: Set<String> { Set(messages.compactMap { $0.string("instance") }) }
    /// Whether every message since the first of the instance is here, each once and in order.
    var isComplete: Bool { sequences == Array(1...max(1, sequences.count)) && instances.count == 1 }

    /// Takes messages out of `graylog` until one is the last that is wanted, and answers that one.
    ///
    /// Nothing may ever come that Graylog would drop, cut, or store otherwise than it was meant.
    @discardableResult
    mutating func collect(
        from graylog: GELFReceiver, through isLast: (StoredMessage) -> Bool
    ) async throws -> StoredMessage {
        while true {
            let received = try #require(try await graylog.take(1, within: patience).first)
            let message = try #require(received.stored, "\(received)")
            #expect(message.warnings == [])
            #expect(message.droppedFields == [])
            messages.append(message)
            if isLast(message) { return message }
        }
    }

    /// Takes messages out of `graylog` until as many readings have come.
    mutating func collect(readings count: Int, from graylog: GELFReceiver) async throws {
        var missing = count
        try await collect(from: graylog) { message in
            missing -= message.isReading ? 1 : 0
            return missing == 0
        }
    }
}

extension [StoredMessage] {
    func of(_ type: String) -> [StoredMessage] {
        filter { $0.string("event_type") == type }
    }

    func telling(_ action: String) -> [StoredMessage] {
        filter { $0.tells(action) }
    }

    func about(_ hsm: String) -> [StoredMessage] {
        filter { $0.string("hsm_name") == hsm }
    }
}

extension StoredMessage {
    var isReading: Bool { string("event_type") == "reading" }
    var isStateChange: Bool { string("event_type") == "state_change" }

    /// Whether hsmwatch tells with it what happened to itself.
    func tells(_ action: String) -> Bool {
        string("event_type") == "service" && string("action") == action
    }
}
