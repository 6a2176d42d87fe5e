// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore

/// A syslog message as a server that no one here wrote has understood it.
struct SyslogMessage: Hashable, Sendable {
    /// Facility × 8 + level.
    var priority: Int
    var time: Timestamp
    var host: String
    /// APP-NAME; of the old form the tag.
    var appName: String
    /// Nil when there is none.
    var processID: String?
    /// Nil when there is none.
    var messageID: String?
    var text: String
    /// The structured data: by its ID, the parameters' values by their names.
    var data: [String: [String: String]]

    /// What hsmwatch's parameters stand under.
    static let dataID = "hsmwatch@32473"

    var parameters: [String: String] { data[Self.dataID] ?? [:] }
    var sequence: Int? { parameters["sequence"].flatMap { Int($0) } }
    /// 0 … 7
    var level: Int { priority % 8 }
}

extension SyslogMessage {
    /// A line as the servers' configurations have it.
    private struct Line: Decodable {
        let pri: String
        let time: String
        let host: String
        let app: String
        let procid: String
        let msgid: String
        let message: String
        /// rsyslog's: JSON in a string, which is empty without structured data.
        let data: String?
        /// syslog-ng's.
        let _SDATA: [String: [String: String]]?
    }

    struct Unreadable: Error {
        let line: String
    }

    /// Reads a line that a server has printed.
    init(line: Data) throws {
        let decoder = JSONDecoder()
        let fields = try decoder.decode(Line.self, from: line)
        guard let priority = Int(fields.pri), let time = Timestamp(iso8601: fields.time) else {
            throw Unreadable(line: String(decoding: line, as: UTF8.self))
        }
        let nested = fields.data.flatMap { $0.isEmpty ? nil : Data($0.utf8) }
        self.init(
            priority: priority, time: time, host: fields.host, appName: fields.app,
            processID: Self.value(fields.procid), messageID: Self.value(fields.msgid), text: fields.message,
            data: try nested.map { try decoder.decode([String: [String: String]].self, from: $0) }
                ?? fields._SDATA ?? [:])
    }

    /// rsyslog prints the dash that stands for nothing, syslog-ng nothing.
    private static func value(_ text: String) -> String? {
        text.isEmpty || text == "-" ? nil : text
    }
}

extension Timestamp {
    /// The time without its milliseconds.
    var wholeSeconds: Timestamp { Timestamp(milliseconds: milliseconds / 1000 * 1000) }

    fileprivate init?(iso8601 text: String) {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime]
        if text.contains(".") { formatter.formatOptions.insert(.withFractionalSeconds) }
        guard let date = formatter.date(from: text) else { return nil }
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
