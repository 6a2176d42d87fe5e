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
    /// By their numbers, what each message said.
    private var messages: [String: [Int: Int]] = [:]
    private var rest = Data()

    var instances: Set<String> { Set(messages.keys) }
    var distinct: Int { received - duplicates }
    /// Messages that came again, of all.
    var duplicateShare: Double { Double(duplicates) / Double(max(1, distinct)) }

    /// Numbers, up to the last one, that did not come.
    var missing: [Int] {
        messages.values.flatMap { known in (1...max(1, known.keys.max() ?? 1)).filter { known[$0] == nil } }
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
        rest.append(data)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(line: String(decoding: rest[..<end], as: UTF8.self))
            rest.removeSubrange(...end)
        }
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
        if let known = messages[instance]?[sequence] {
            duplicates += 1
            altered += known == line.hashValue ? 0 : 1
            return
        }
        messages[instance, default: [:]][sequence] = line.hashValue
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
