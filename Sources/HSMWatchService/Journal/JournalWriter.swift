// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Dispatch
import Foundation
import HSMWatchCore
import Logging
import Synchronization

/// Writes log entries where they are read: the journal by its native protocol when it is our stderr, else stderr.
///
/// Both can block, so they run on a queue of their own; what a stuck journal cannot take is dropped and counted, and
/// polling goes on.
package final class JournalWriter: Sendable {
    /// Entries that wait to be written at the most.
    package static let queueLimit = 2000

    /// How long `flush` waits at the most.
    package static let patience = Duration.seconds(2)

    private let send: @Sendable (JournalEntry) -> Void
    private let queue = DispatchQueue(label: "hsmwatch.journal")
    private let waiting = Atomic(0)
    private let dropped = Atomic(0)
    private let levelIndex = Atomic(Logger.Level.allCases.firstIndex(of: .info) ?? 0)

    /// - Parameter send: brings an entry where it is read; may block.
    package init(send: @escaping @Sendable (JournalEntry) -> Void) {
        self.send = send
    }

    /// What is worth writing: this and whatever is worse.
    package var level: Logger.Level {
        get { Logger.Level.allCases[levelIndex.load(ordering: .relaxed)] }
        set { levelIndex.store(Logger.Level.allCases.firstIndex(of: newValue) ?? 0, ordering: .relaxed) }
    }

    /// The journal under systemd, else plain text on stderr.
    package static func standard() -> JournalWriter {
        isJournal(STDERR_FILENO, stream: ProcessInfo.processInfo.environment["JOURNAL_STREAM"])
            ? JournalWriter { sendToJournal($0) } : JournalWriter { printToStderr($0) }
    }

    /// Takes an entry; never waits.
    package func write(_ entry: JournalEntry) {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.queueLimit else {
            waiting.subtract(1, ordering: .relaxed)
            dropped.add(1, ordering: .relaxed)
            return
        }
        queue.async { [self] in
            let lost = dropped.exchange(0, ordering: .relaxed)
            if lost > 0 {
                let text = "\(lost) log entries were dropped: the log is slow"
                send(JournalEntry(level: .warning, text: text, fields: [:]))
            }
            send(entry)
            waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Returns when what was taken is written, at the latest after `patience`. Only for the end of the process.
    package func flush() {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .nanoseconds(Int(Self.patience.wholeNanoseconds)))
    }

    /// Whether a descriptor is the stream that `$JOURNAL_STREAM` names as `device:inode` (systemd.exec(5)).
    package static func isJournal(_ descriptor: CInt, stream: String?) -> Bool {
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    private static func sendToJournal(_ entry: JournalEntry) {
        let fields = entry.journalFields
        var storage = fields.flatMap { $0 }
        let status = storage.withUnsafeMutableBytes { bytes in
            var vectors: [iovec] = []
            var offset = 0
            for field in fields {
                vectors.append(iovec(iov_base: bytes.baseAddress?.advanced(by: offset), iov_len: field.count))
                offset += field.count
            }
            return sd_journal_sendv(&vectors, CInt(vectors.count))
        }
        // Where the journal takes nothing, stderr is what is left.
        if status < 0 {
            printToStderr(entry)
        }
    }

    private static func printToStderr(_ entry: JournalEntry) {
        let time = Date.now.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
        let line = Terminal.fit(entry.line(at: time), to: STDERR_FILENO)
        // A closed stderr is no reason to stop.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}

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

/// The line for a person.
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
