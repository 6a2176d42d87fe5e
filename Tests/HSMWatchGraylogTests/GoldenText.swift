// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

/// A text that is compared with a file of `Golden`, so that a person can read what a person gets.
enum GoldenText {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    /// With this variable set, the files are written anew instead.
    private static let isRecording = ProcessInfo.processInfo.environment["HSMWATCH_RECORD_GOLDEN"] != nil

    static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = folder.appending(path: name)
        if isRecording { try text.write(to: file, atomically: true, encoding: .utf8) }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(text == expected, "to write it anew: HSMWATCH_RECORD_GOLDEN=1", sourceLocation: sourceLocation)
    }

    /// The names of all files, sorted.
    static var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted() }
    }
}
