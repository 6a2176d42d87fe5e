// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// What is said of a change of Graylog: what was done on stdout, what should be known on stderr.
enum GraylogReport {
    static func show(_ report: PackInstaller.Report) {
        switch report {
        case .done(let text): print(text)
        case .note(let text): printToStandardError("note: \(text)")
        }
    }

    /// What must be known before anything is done.
    static func show(_ notes: [String]) {
        for note in notes { show(.note(note)) }
    }

    static func showTarget(_ version: GraylogRelease, at url: GraylogURL) {
        print("Graylog \(version) at \(url)")
    }

    /// The steps of a dry run.
    static func showIntentions(_ intentions: [String]) {
        for intention in intentions { print("would \(intention)") }
        if !intentions.isEmpty { printToStandardError("--dry-run: nothing was changed") }
    }
}
