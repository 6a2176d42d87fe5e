// SPDX-License-Identifier: Apache-2.0

import HSMWatchService
import Logging
import Synchronization
import TestSupport

/// What was logged, in order.
final class Notes: Sendable {
    private struct Recorder: LogHandler {
        let notes: Notes
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).mapValues { "\($0)" }
            notes.add(JournalEntry(level: event.level, text: "\(event.message)", fields: fields))
        }
    }

    private let entries = Mutex<[JournalEntry]>([])
    private let (stream, continuation) = AsyncStream.makeStream(of: String.self)

    var logger: Logger { Logger(label: "test") { _ in Recorder(notes: self) } }

    /// What a journal would be given.
    var all: [JournalEntry] { entries.withLock { $0 } }

    /// Whether nothing in a text or a field ends a line, moves a cursor or turns the writing direction, even before the
    /// journal looks at it.
    var areVisible: Bool {
        all.allSatisfy { entry in entry.text.isVisible && entry.fields.values.allSatisfy(\.isVisible) }
    }

    /// How many notes begin with a text.
    func count(_ beginning: String) -> Int {
        entries.withLock { $0.count { $0.text.hasPrefix(beginning) } }
    }

    /// Whether a note begins with a text.
    func has(_ beginning: String) -> Bool { count(beginning) > 0 }

    /// Waits for a note that begins with a text, and was not waited for before. Nobody else may wait.
    func wait(for beginning: String) async {
        for await line in stream where line.hasPrefix(beginning) { return }
    }

    private func add(_ entry: JournalEntry) {
        entries.withLock { $0.append(entry) }
        continuation.yield(entry.text)
    }
}

extension Notes: CustomStringConvertible {
    var description: String { entries.withLock { $0.map(\.text).joined(separator: "\n") } }
}
