// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation

/// What has arrived at one or several Graylogs, however often: enough to say what is missing, what came twice, and
/// whether it was the same both times.
struct Arrivals: Sendable, CustomStringConvertible {
    /// A heartbeat.
    struct Pulse: Sendable {
        /// When it was made, as Graylog stores it.
        let timestamp: String
        /// Messages in the spool that were not confirmed.
        let spooled: Int
    }

    /// Messages that came, those that came again among them.
    private(set) var received = 0
    /// Messages that came again.
    private(set) var duplicates = 0
    /// Messages that came again, but not as they were.
    private(set) var altered = 0
    /// Lines that are no message with its number, or one that Graylog would change.
    private(set) var strange: [String] = []
    /// The last heartbeat that came.
    private(set) var pulse: Pulse?
    /// How often the service has told what happened to itself, by the word for it.
    private var actions: [String: Int] = [:]
    private var messages: [String: Numbered] = [:]
    private var rest = Data()

    /// What came from one instance.
    private struct Numbered {
        /// A hash of what each message said, by the message's number.
        private(set) var contents: [Int: Int] = [:]
        private(set) var last = 0

        /// Whether every number up to the last one came.
        var isComplete: Bool { contents.count == last }

        mutating func add(_ number: Int, _ content: Int) {
            contents[number] = content
            last = max(last, number)
        }
    }

    var instances: Set<String> { Set(messages.keys) }
    var distinct: Int { received - duplicates }
    /// Messages that came again, of all.
    var duplicateShare: Double { Double(duplicates) / Double(max(1, distinct)) }

    /// Whether no number is missing. Costs the same however much has come: it is asked after every message.
    var isComplete: Bool { messages.values.allSatisfy(\.isComplete) }
    /// Numbers, up to the last one, that did not come.
    var missing: [Int] {
        messages.values.flatMap { known in (1...max(1, known.last)).filter { known.contents[$0] == nil } }
    }

    var description: String {
        """
        \(distinct) messages of \(instances.count) instances, \(missing.count) missing (\(missing.prefix(10))…), \
        \(duplicates) twice (\((duplicateShare * 1000).rounded() / 10) %), \(altered) altered, \
        \(strange.count) strange: \(strange.prefix(3))
        """
    }

    /// How often the service has told this.
    func told(_ action: String) -> Int { actions[action] ?? 0 }

    /// Forgets the beginning of a line: a process has ended within it.
    mutating func startOver() {
        rest = Data()
    }

    /// Takes what a process wrote: JSON objects, one a line.
    mutating func add(_ data: Data) {
        guard let lastEnd = data.lastIndex(of: UInt8(ascii: "\n")) else { return rest.append(data) }
        rest.append(data[...lastEnd])
        for line in rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            add(line: String(decoding: line, as: UTF8.self))
        }
        rest = Data(data[(lastEnd + 1)...])
    }

    /// Takes what a Graylog of this process stored.
    mutating func add(_ message: ReceivedMessage) {
        add(line: message.json.terminalText)
    }

    private mutating func add(line: String) {
        // The beginning of a message whose connection was cut: it comes again.
        if line.hasPrefix(#"{"dropped":"invalid JSON"#) { return }
        guard let instance = line.text(of: "instance"), let sequence = line.number(of: "sequence") else {
            strange.append(line)
            return
        }
        received += 1
        if let known = messages[instance]?.contents[sequence] {
            duplicates += 1
            altered += known == line.hashValue ? 0 : 1
            return
        }
        messages[instance, default: Numbered()].add(sequence, line.hashValue)
        if line.hasPrefix("{\"stored\""), !line.hasSuffix(#","warnings":[],"dropped_fields":[]}"#) {
            strange.append(line)
        }
        switch line.text(of: "event_type") {
        case "heartbeat":
            pulse = Pulse(timestamp: line.text(of: "timestamp") ?? "", spooled: line.number(of: "spooled") ?? 0)
        case "service":
            actions[line.text(of: "action") ?? "", default: 0] += 1
        default:
            break
        }
    }
}

extension String {
    /// A field's text in a flat JSON object, with or without the underscore that GELF puts before it.
    func text(of field: String) -> String? {
        range(of: "\(field)\":\"").map { String(self[$0.upperBound...].prefix { $0 != "\"" }) }
    }

    /// A field's number in a flat JSON object.
    func number(of field: String) -> Int? {
        range(of: "\(field)\":").flatMap { Int(self[$0.upperBound...].prefix { $0.isNumber }) }
    }
}
