// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import TestSupport
import Testing

/// What a Graylog got from the service, in the order of its arrival.
struct Mail {
    private(set) var messages: [StoredMessage] = []

    /// How long messages may come without the one that is waited for.
    private static let longPatience = patience * 3

    var readings: [StoredMessage] { messages.of("reading") }
    var sequences: [Int] { messages.sequences }
    /// Whose numbers the messages carry.
    var instances: Set<String> { Set(messages.compactMap { $0.string("instance") }) }
    /// Whether every message since the first of the instance is here, each once and in order.
    var isComplete: Bool { sequences == Array(1...max(1, sequences.count)) && instances.count == 1 }
    /// How many messages are missing up to the last number of each instance, whatever the order in which they came, and
    /// however often.
    var missing: Int {
        instances.reduce(0) { missing, instance in
            let known = Set(messages.filter { $0.string("instance") == instance }.sequences)
            return missing + (known.max() ?? 0) - known.count
        }
    }
    var hasNoGap: Bool { missing == 0 }
    /// How many messages hsmwatch says it has dropped.
    var reportedDrops: Int {
        Dictionary(messages.telling("messages_dropped").map { ($0.integer("sequence"), $0.integer("dropped") ?? 0) }) {
            first, _ in first
        }.values.reduce(0, +)
    }

    /// Takes messages out of `graylog` until one is the last that is wanted, and answers that one.
    ///
    /// Nothing may ever come that Graylog would drop, cut, or store otherwise than it was meant.
    @discardableResult
    mutating func collect(
        from graylog: Receiver, through isLast: (StoredMessage) -> Bool
    ) async throws -> StoredMessage {
        let deadline = ContinuousClock.now + Self.longPatience
        while true {
            try #require(ContinuousClock.now < deadline, "what was wanted is not among \(messages.count) messages")
            let received = try #require(try await graylog.take(1, within: patience).first)
            let message = try #require(received.stored, "\(received)")
            #expect(message.warnings == [])
            #expect(message.droppedFields == [])
            messages.append(message)
            if isLast(message) { return message }
        }
    }

    /// Takes messages out of `graylog` until all that came is as wanted.
    mutating func collect(from graylog: Receiver, until isMet: (Mail) -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.longPatience
        while !isMet(self) {
            try #require(ContinuousClock.now < deadline, "\(messages.count) messages, \(missing) missing")
            try await collect(readings: 1, from: graylog)
        }
    }

    /// Takes messages out of `graylog` until hsmwatch has told something so often.
    mutating func collect(_ action: String, times: Int = 1, from graylog: Receiver) async throws {
        var missing = times
        try await collect(from: graylog) { message in
            missing -= message.tells(action) ? 1 : 0
            return missing == 0
        }
    }

    /// Takes messages out of `graylog` until as many readings have come.
    mutating func collect(readings count: Int, from graylog: Receiver) async throws {
        var missing = count
        try await collect(from: graylog) { message in
            missing -= message.isReading ? 1 : 0
            return missing == 0
        }
    }
}

extension [StoredMessage] {
    var sequences: [Int] { compactMap { $0.integer("sequence") } }

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
