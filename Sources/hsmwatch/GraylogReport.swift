// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService

/// What is said of a change of Graylog: what was done on stdout, what should be known on stderr.
enum GraylogReport {
    static func show(_ report: PackInstaller.Report) {
        switch report {
        case .done(let text): say(text)
        case .note(let text): printToStandardError("note: \(text)")
        }
    }

    /// At once. That nobody reads it any more ends nothing: what is begun is finished.
    static func say(_ line: String) {
        StandardOutput.say(line)
    }

    /// What is waited for, on a terminal: in a line that the next one replaces.
    static func countDown(_ line: String?) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let text = line.map { Terminal.fit($0, to: STDERR_FILENO) } ?? ""
        // Carriage return and erase to the end of the line (ECMA-48 EL).
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
    }

    /// What must be known before anything is done.
    static func show(_ notes: [String]) {
        for note in notes { show(.note(note)) }
    }

    static func showTarget(_ version: GraylogRelease, at url: GraylogURL) {
        say("Graylog \(version) at \(url)")
    }

    /// The steps of a dry run.
    static func showIntentions(_ intentions: [String]) {
        for intention in intentions { say("would \(intention)") }
        if !intentions.isEmpty { printToStandardError("--dry-run: nothing was changed") }
    }
}
