// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import HSMWatchService
import HSMWatchSimulation
import Synchronization

/// Where the data of a command goes, line by line, and whether a person is looking at it.
///
/// Everything that a command prints goes through here, so that no failed write is lost: the command may stop or go on
/// when one fails, and `finish` says so at the end.
enum StandardOutput {
    /// The output could not be written, for the reason of an errno.
    struct Failed: Error {
        let code: CInt
    }

    /// The errno of the first failed write; 0 while there is none.
    private static let failure = Atomic<CInt>(0)
    /// Asked once: a terminal that was hung up is none any more.
    private static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// What the environment says of the terminal.
    private static let ability = TerminalAbility { name in getenv(name).map { String(cString: $0) } }

    /// Whether colour is welcome: on a terminal that obeys escape sequences, unless `NO_COLOR` is set (no-color.org).
    static var isColoured: Bool {
        isTerminal && ability.obeysSequences
    }

    /// The text as the locale can show it, drawn with block glyphs or with ASCII.
    static func drawn(_ text: String) -> String {
        ability.hasGlyphs ? text : ASCIIText.drawn(text)
    }

    /// Writes a message as a line for a person, fitted to a terminal, with the name of the input it came on, if it has one.
    static func write(_ message: ReceivedMessage, on input: String? = nil) throws(Failed) {
        let line = MessageLine(isColoured: isColoured).text(for: message, on: input)
        try write(line: Terminal.fit(line, to: STDOUT_FILENO, indent: MessageLine.indent))
    }

    /// Writes a line at once, as it is.
    static func write(line: String) throws(Failed) {
        try write(Array((line + "\n").utf8))
    }

    /// Writes a line at once, and goes on whether that succeeds or not: what is begun is finished.
    static func say(_ line: String) {
        try? write(line: line)
    }

    /// Writes bytes at once.
    static func write(_ bytes: [UInt8]) throws(Failed) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno != EINTR {
                throw note(errno)
            }
        }
    }

    /// Closes the output. Answers why it could not be written; nil when it could, or when its reader has gone away.
    static func finish() -> String? {
        let isTerminal = isTerminal
        // A file system on the network may report a full disk only here (close(2)).
        if close(STDOUT_FILENO) != 0, errno != EBADF, errno != EINTR { _ = note(errno) }
        let code = failure.load(ordering: .relaxed)
        let isReaderGone = code == EPIPE || (code == EIO && isTerminal)
        guard code != 0, !isReaderGone else { return nil }
        return "cannot write the output: \(String(cString: strerror(code)))"
    }

    private static func note(_ code: CInt) -> Failed {
        _ = failure.compareExchange(expected: 0, desired: code, ordering: .relaxed)
        return Failed(code: code)
    }
}
