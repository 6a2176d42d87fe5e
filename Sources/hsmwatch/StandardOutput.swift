// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import HSMWatchService
import HSMWatchSimulation

/// Where the data of a command goes, line by line, and whether a person is looking at it.
enum StandardOutput {
    /// Nobody reads the output any more.
    struct Closed: Error {}

    /// What the environment says of the terminal.
    private static let ability = TerminalAbility { name in getenv(name).map { String(cString: $0) } }

    /// Whether colour is welcome: on a terminal that obeys escape sequences, unless `NO_COLOR` is set (no-color.org).
    static var isColoured: Bool {
        isatty(STDOUT_FILENO) == 1 && ability.obeysSequences
    }

    /// The text as the locale can show it, drawn with block glyphs or with ASCII.
    static func drawn(_ text: String) -> String {
        ability.hasGlyphs ? text : ASCIIText.drawn(text)
    }

    /// Writes a message as a line for a person, fitted to a terminal, with the name of the input it came on, if it has one.
    static func write(_ message: ReceivedMessage, on input: String? = nil) throws(Closed) {
        let line = MessageLine(isColoured: isColoured).text(for: message, on: input)
        try write(line: Terminal.fit(line, to: STDOUT_FILENO, indent: MessageLine.indent))
    }

    /// Writes a line at once, as it is.
    static func write(line: String) throws(Closed) {
        try write(Array((line + "\n").utf8))
    }

    /// Writes bytes at once.
    static func write(_ bytes: [UInt8]) throws(Closed) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno != EINTR {
                throw Closed()
            }
        }
    }
}
