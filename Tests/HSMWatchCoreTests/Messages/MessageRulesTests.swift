// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

/// Graylog drops or cuts what breaks these rules, and tells nobody.
@Suite("Graylog's rules")
struct MessageRulesTests {
    /// Every kind of event with the given text wherever a text comes from outside.
    static func events(with text: String) -> [Event.Content] {
        let subject = Subject(
            name: "khi-1", address: HostPort(host: text, port: .max), queryPort: .max,
            fields: (0..<ConfigurationLimits.fields).map { Field(name: "field.\($0)", value: text) })
        let failure = Failure(.hsmError, text, errorCode: .max)
        let thresholds = AppliedThresholds(warning: .max, critical: 0)
        let forecast = Forecast(untilCritical: .zero, untilExhaustion: .seconds(Int64.max))
        let assessment = Assessment(
            state: .unknown, transition: nil, thresholds: thresholds, misconfigured: [], forecast: forecast)
        let transition = Transition(from: .unreachable, to: .warning, lasted: .seconds(Int64.max))
        let reading = Reading(0, of: 9_999_999_999)
        return [
            .reading(subject, reading, reply: text, latency: .seconds(86_400), assessment),
            .probeFailure(subject, failure, assessment),
            .stateChange(subject, transition, .reading(reading, reply: text), thresholds, forecast: forecast),
            .stateChange(subject, transition, .failure(failure), thresholds),
            .reminder(
                subject,
                Reminder(
                    state: .unreachable, lasted: .seconds(Int64.max), isWhole: false, outcome: .failure(failure),
                    thresholds: thresholds, forecast: forecast)),
            .heartbeat(
                Heartbeat(
                    states: [.ok: 10_000], probes: .max, probesFailed: .max, probesSkipped: .max, spooled: .max,
                    dropped: .max, hsmsOverdue: .max, uptime: .seconds(Int64.max))),
            .service(.started(version: text, hsms: .max, reason: text)),
            .service(.stopping(waiting: .max)),
            .service(.messagesDropped(count: .max, reason: text)),
            .service(.outputDown(output: text, endpoint: text, reason: text)),
            .service(.outputDown(output: text, endpoint: text, reason: text, lasted: .seconds(Int64.max))),
            .service(
                .outputUp(
                    output: text, endpoint: text, outage: .seconds(Int64.max), waiting: .max, resent: .min,
                    rewound: .max, dropped: .max)),
            .service(.sendTest(output: text, endpoint: text)),
        ]
    }

    @Test("a field has one type for ever")
    func types() throws {
        var types: [String: String] = [:]
        let extremes = Self.events(with: "1.5").map { Sample("", $0) } + Self.events(with: "0").map { Sample("", $0) }
        for sample in Sample.all + extremes {
            let fields = try MessageFields(sample.message)
            for name in fields.names {
                let type = try #require(fields[name]).type
                #expect(types.updateValue(type, forKey: name) ?? type == type, "\(name)")
            }
        }
        #expect(types.count > 40)
    }

    @Test("a field's name has only characters that Graylog takes, and is none that it loses", arguments: Sample.all)
    func names(_ sample: Sample) throws {
        let own: Set<String> = ["version", "host", "short_message", "timestamp", "level"]
        let lost: Set<String> = ["_id", "_host", "_short_message", "_message", "_source", "_timestamp", "_level"]
        let names = try MessageFields(sample.message).names
        #expect(own.isSubset(of: names))
        for name in names where !own.contains(name) {
            #expect(name.hasPrefix("_") && !name.hasPrefix("__") && !name.hasPrefix("_gl2_") && !lost.contains(name))
            #expect(name.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil)
        }
    }

    @Test("a blank text is left out", arguments: ["", " ", "\t\r\n", "\u{0}", "\u{1F} \u{A0}", "\u{2003}\u{2028}"])
    func blanks(_ blank: String) throws {
        for content in Self.events(with: blank) {
            let fields = try MessageFields(Sample("", content).message)
            for name in ["_field.0", "_reason", "_endpoint", "_output", "_failure_detail", "_hsm_host"] {
                #expect(fields[name] == nil)
            }
        }
    }

    @Test(
        "any text comes out as it went in",
        arguments: [
            #"say "hi" \ / bye"#, "tab\tline\r\nend", "\u{0}\u{1}\u{8}\u{C}\u{1F}\u{7F}.", "äöü 漢字 🔐", "e\u{301}",
            "\u{2028}\u{FEFF}\u{FFFD}x", "\u{80}\u{9B}31m\u{9F}°", "null", "true", "{}", "\\u0000",
            "<9A#RESET#>", "a<b>c", "<", ">",
        ])
    func texts(_ text: String) throws {
        for content in Self.events(with: text) {
            let message = Sample("", content).message
            let scalars = String(decoding: message, as: UTF8.self).unicodeScalars
            #expect(!scalars.contains { $0.properties.generalCategory == .control })
            let fields = try MessageFields(message)
            for name in ["_field.0", "_reason", "_endpoint", "_output", "_failure_detail", "_hsm_host"] {
                guard case .string(let value)? = fields[name] else { continue }
                #expect(Array(value.unicodeScalars) == Array(text.unicodeScalars))
            }
        }
    }

    @Test("bytes that are no text become one, with U+FFFD for what cannot be read", arguments: 0..<100)
    func bytes(seed: Int) throws {
        // Lone surrogates, overlong forms, cut sequences, control bytes, quotes and letters in every neighbourhood.
        let parts: [[UInt8]] = [
            [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF0, 0x9F, 0x94], [0xFF], [0x80], [0x00], [0x1B], [0x22], [0x5C],
            [0xF4, 0x90, 0x80, 0x80], [0xC3, 0xA9], [0x78], [0x0A],
        ]
        var numbers = SeededNumbers(seed: seed)
        let bytes = (0..<60).flatMap { _ in parts.randomElement(using: &numbers) ?? [] }
        let text = String(decoding: bytes, as: UTF8.self)
        for content in Self.events(with: text) {
            let message = Sample("", content).message
            #expect(!message.contains(0))
            let fields = try MessageFields(message)
            if let field = fields["_field.0"] { #expect(field == .string(text)) }
        }
    }

    @Test("a configured field of the greatest length is not cut", arguments: ["🔐", "\"", "x", "<"])
    func longestField(_ character: String) throws {
        let text = "\"" + String(repeating: character, count: ConfigurationLimits.fieldValueLength - 1)
        let fields = try MessageFields(Sample("", Self.events(with: text)[0]).message)
        #expect(fields["_field.31"] == .string(text))
    }

    @Test(
        "a longer text is cut between two characters and ends with an ellipsis", arguments: ["🔐", "\"", "x", "\u{1}x"])
    func tooLong(_ character: String) throws {
        let text = String(repeating: character, count: 10_000)
        let message = Sample("", .service(.messagesDropped(count: 1, reason: text))).message
        guard case .string(let reason)? = try MessageFields(message)["_reason"] else {
            Issue.record("no _reason")
            return
        }
        #expect(reason.hasSuffix("…"))
        #expect(text.hasPrefix(reason.dropLast()))
        #expect(reason.utf8.count <= 6 * ConfigurationLimits.fieldValueLength + 3)
    }

    @Test("no message exceeds its limit, whatever comes from outside", arguments: ["🔐", "\"", "x", "\u{1}x", "<"])
    func longestMessage(_ character: String) {
        let text = String(repeating: character, count: 100_000)
        for content in Self.events(with: text) {
            let event = Event(timestamp: Timestamp(milliseconds: .min), content: content)
            let message = MessageEncoder(source: text, runbook: text).encode(event)
                .numbered(instance: text, sequence: .max)
            #expect(message.count <= Message.longest)
        }
    }
}
