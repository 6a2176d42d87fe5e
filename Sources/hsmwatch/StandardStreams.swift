// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import Foundation
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

    /// Writes a message as a line for a person, fitted to a terminal, with the name of the input it came on, if it has
    /// one.
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

/// Writes a line that is not data, fitted to a terminal: a closed stderr is no reason to stop.
func printToStandardError(_ line: String) {
    let fitted = Terminal.fit(line, to: STDERR_FILENO)
    try? FileHandle.standardError.write(contentsOf: Data((fitted + "\n").utf8))
}

/// The lines that someone types, or a script writes, while a command runs.
enum StandardInput {
    /// The longest line, in bytes; the rest of a longer one is read as its own line.
    static let lineLimit = 1024

    /// The lines until the input ends. Its own thread reads them, since such a read may last forever.
    ///
    /// It reads the descriptor, not the `stdin` stream: glibc 2.41 and later cannot end a process while a thread reads
    /// a stream.
    static func lines() -> AsyncStream<String> {
        AsyncStream { lines in
            // In the background of a shell, reading would stop the whole process instead of failing.
            signal(SIGTTIN, SIG_IGN)
            DispatchQueue(label: "standard input").async {
                var line: [UInt8] = []
                while let bytes = nextBytes() {
                    for byte in bytes {
                        if byte != UInt8(ascii: "\n") { line.append(byte) }
                        guard byte == UInt8(ascii: "\n") || line.count == lineLimit else { continue }
                        lines.yield(String(decoding: line, as: UTF8.self))
                        line = []
                    }
                }
                if !line.isEmpty { lines.yield(String(decoding: line, as: UTF8.self)) }
                lines.finish()
            }
        }
    }

    /// What the next read(2) returns; nil at the end of the input, and when it cannot be read.
    private static func nextBytes() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: lineLimit)
        var count = read(STDIN_FILENO, &buffer, buffer.count)
        while count < 0, errno == EINTR {
            count = read(STDIN_FILENO, &buffer, buffer.count)
        }
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }
}

/// stdin, stdout and stderr, which may be closed when the program starts.
enum StandardDescriptors {
    /// Occupies the number of each that is closed: else a connection to an HSM would get it, and with it what is
    /// written to stderr.
    ///
    /// With /dev/null the wrong way round, so that reading and writing still fail as on a closed one.
    static func occupy() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // Always the lowest number that is free (open(2)): this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

/// The file descriptors that a command needs before it begins: an event loop without them ends the process.
enum Descriptors {
    /// Raises the limit, and ends the command when it cannot open what every command with an event loop needs.
    static func require(for command: any AsyncParsableCommand) throws {
        OpenFiles.raiseLimit()
        guard let cause = OpenFiles.shortage(of: DescriptorNeed.command) else { return }
        let limit = OpenFiles.limit.map { ", and the limit is \($0) in all: raise it with ulimit -n" } ?? ""
        printToStandardError(
            "\(cause.sentence): hsmwatch needs \(DescriptorNeed.command) more open files than it has now"
                + (cause == .descriptors ? limit : "; \(cause.advice)"))
        // Of a probe, 71 would be no status of a monitoring plugin.
        throw command is Probe ? ExitCode(ProbeStatus.unknown.exitCode) : ExitCode(EX_OSERR)
    }
}
