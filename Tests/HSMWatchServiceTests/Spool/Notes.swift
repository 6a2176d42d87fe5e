// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// What was logged: the texts, in order.
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
            notes.add("\(event.message)")
        }
    }

    private let lines = Mutex<[String]>([])
    private let (stream, continuation) = AsyncStream.makeStream(of: String.self)

    var logger: Logger { Logger(label: "test") { _ in Recorder(notes: self) } }

    /// How many notes begin with a text.
    func count(_ beginning: String) -> Int {
        lines.withLock { $0.count { $0.hasPrefix(beginning) } }
    }

    /// Whether a note begins with a text.
    func has(_ beginning: String) -> Bool { count(beginning) > 0 }

    /// Waits for a note that begins with a text, and was not waited for before. Nobody else may wait.
    func wait(for beginning: String) async {
        for await line in stream where line.hasPrefix(beginning) { return }
    }

    private func add(_ line: String) {
        lines.withLock { $0.append(line) }
        continuation.yield(line)
    }
}

extension Notes: CustomStringConvertible {
    var description: String { lines.withLock { $0.joined(separator: "\n") } }
}
