// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// swift-log's way into the journal, or onto a terminal.
///
/// All handlers of one writer have one level, so that a reload can change it for every part of the service.
package struct JournalLogHandler: LogHandler {
    /// The metadata key of a notice's `MESSAGE_ID`.
    package static let messageIDKey = "MESSAGE_ID"

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level {
        get { writer.level }
        nonmutating set { writer.level = newValue }
    }
    private let writer: JournalWriter

    package init(writer: JournalWriter) {
        self.writer = writer
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        writer.write(
            JournalEntry(level: event.level, text: "\(event.message)", fields: fields.mapValues { "\($0)" }))
    }
}

extension Logger.Level {
    /// The level that the configuration names.
    package init(_ level: LogLevel) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
    }
}

/// One line for whoever reads the log.
package struct JournalEntry: Sendable {
    package let level: Logger.Level
    package let text: String
    /// Upper-case names become journal fields; the others are the libraries' own and do not.
    package let fields: [String: String]

    package init(level: Logger.Level, text: String, fields: [String: String]) {
        self.level = level
        self.text = text
        self.fields = fields
    }

    /// The syslog priority (sd-daemon(3)).
    package var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// `NAME=value` as the journal's native protocol wants it (sd_journal_sendv(3)). No value can forge a field: each
    /// travels with its own length; nor a line of what shows it, a terminal or a program that reads line by line.
    package var journalFields: [[UInt8]] {
        let named = fields.filter { $0.key.first?.isUppercase ?? false }
        return
            (["MESSAGE=\(Self.visible(text))", "PRIORITY=\(priority)", "SYSLOG_IDENTIFIER=hsmwatch"]
            + named.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.visible($0.value))" })
            .map { Array($0.utf8) }
    }

    /// One line for a terminal or a pipe; what could move a cursor or forge a line is replaced.
    package func line(at time: String) -> String {
        "\(time) \(level.rawValue.uppercased()) \(Self.visible(text))"
    }

    private static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isObeyed) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isObeyed ? "·" : $0 }))
    }
}
