// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

/// What a message that Graylog got as GELF must look like to those who get it as syslog.
extension SyslogMessage {
    /// The zone of `init(script:appName:)`, as in `$TZ`: 5 h ahead of UTC.
    static let scriptZone = "PKT-5"
    private static let scriptZoneOffset = 5 * 3600

    /// How many decimals a field has.
    private static let decimals = ["latency_ms": 3, "sockets_consumed_percent": 1]
    /// What is in the header, or is the text.
    private static let standardFields: Set = ["level", "message", "source", "timestamp"]

    /// As RFC 5424 has it. What a sender cannot say to Graylog it says to nobody: a backslash is a slash. Nothing but the
    /// reply of a reading has what an HSM could take for a command.
    ///
    /// - Parameter facility: its number (RFC 5424 section 6.2.1).
    init(_ message: StoredMessage, facility: Int, appName: String) {
        var parameters: [String: String] = [:]
        for (name, value) in message.fields where !Self.standardFields.contains(name) {
            parameters[name] =
                switch value {
                case .long(let number): "\(number)"
                case .double(let number): String(format: "%.\(Self.decimals[name] ?? 0)f", number)
                case .string(let text): String(Self.withoutFrames(text).map { $0 == "\\" ? "/" : $0 })
                }
        }
        self.init(
            priority: facility * 8 + (message.integer("level") ?? 0), time: message.timestamp,
            host: message.string("source") ?? "", appName: appName,
            text: Self.withoutFrames(message.string("message") ?? ""),
            data: [Self.dataID: parameters])
    }

    /// As the old form has it: the script's line, or the same with another sentence.
    init(script message: StoredMessage, appName: String) {
        self.init(message, facility: 23, appName: appName)
        time = message.timestamp.wholeSeconds
        let reply = message.string("reply").map { "  \($0)" } ?? ""
        text = "\(Self.date(message.timestamp)) \(text)\(reply)"
        data = [:]
    }

    private static func withoutFrames(_ text: String) -> String {
        guard text.wholeMatch(of: /<2223#[0-9#]*#>/) == nil else { return text }
        return text.replacing("<", with: "‹").replacing(">", with: "›")
    }

    /// As date(1) prints it.
    private static func date(_ timestamp: Timestamp) -> String {
        var seconds = time_t(timestamp.milliseconds / 1000) + scriptZoneOffset
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let length = strftime(&text, text.count, "%a %b %e %H:%M:%S PKT %Y", &parts)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension SyslogServer {
    /// Expects that exactly these messages came first, in this order and each once.
    func expect(_ messages: [StoredMessage], facility: Int, appName: String) async throws {
        #expect(messages.sequences == Array(1...messages.count))
        let record = try await record.value { $0.hasAll(through: messages.count) }
        #expect(Array(record.sequences.prefix(messages.count)) == messages.sequences)
        for (arrived, sent) in zip(record.messages, messages) {
            #expect(arrived == SyslogMessage(sent, facility: facility, appName: appName))
        }
        #expect(record.strange == [])
        #expect(record.complaints == [])
    }

    /// Expects that all messages up to the last of these numbers came, each once.
    func expectOnce(_ sequences: [Int]) async throws {
        let last = try #require(sequences.max())
        let record = try await record.value { $0.hasAll(through: last) }
        #expect(record.sequences.filter { $0 <= last }.sorted() == Array(1...last))
        #expect(record.strange == [])
    }
}
