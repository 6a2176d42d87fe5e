// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import TestSupport

/// A terminal on which nobody sits but a test (pty(7)).
final class Pseudoterminal: Sendable {
    struct Failed: Error {
        let call: String
        let code: Int32
    }

    /// All that was shown until now, for those who wait for more.
    let shown = Watched("")
    /// The end that a process gets.
    let terminal: CInt
    private let master: CInt

    /// Bytes that are read at once.
    private static let readLimit = 64 << 10

    init(rows: Int, columns: Int) throws {
        var (master, terminal) = (CInt(-1), CInt(-1))
        guard openpty(&master, &terminal, nil, nil, nil) == 0 else { throw Failed(call: "openpty", code: errno) }
        // The children of other tests must not keep it open.
        for descriptor in [master, terminal] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        self.master = master
        self.terminal = terminal
        try resize(rows: rows, columns: columns)
        collect()
    }

    deinit {
        close(terminal)
        close(master)
    }

    func resize(rows: Int, columns: Int) throws {
        // The fields of `struct winsize`.
        var size = [UInt16(rows), UInt16(columns), 0, 0]
        guard ioctl(master, UInt(TIOCSWINSZ), &size) == 0 else { throw Failed(call: "TIOCSWINSZ", code: errno) }
    }

    /// Types text on the keyboard.
    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// Whether lines are edited, keys echoed and signals made of them: how a shell expects its terminal.
    var isCooked: Bool {
        var attributes = termios()
        guard tcgetattr(terminal, &attributes) == 0 else { return false }
        let flags = tcflag_t(ICANON | ECHO | ISIG)
        return attributes.c_lflag & flags == flags
    }

    /// Reads on a descriptor of its own, until the terminal is closed.
    private func collect() {
        let reader = dup(master)
        let (chunks, chunk) = AsyncStream.makeStream(of: String.self)
        DispatchQueue(label: "pseudoterminal").async {
            var (bytes, rest) = ([UInt8](repeating: 0, count: Self.readLimit), [UInt8]())
            while case let count = read(reader, &bytes, bytes.count), count > 0 {
                rest += bytes.prefix(count)
                // A character may come in two pieces.
                let end = rest.lastIndex { $0 < 0x80 }.map { $0 + 1 } ?? 0
                chunk.yield(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeFirst(end)
            }
            close(reader)
            chunk.finish()
        }
        Task { [shown] in
            for await text in chunks {
                await shown.change { $0 += text }
            }
        }
    }
}

/// A process whose input, output and errors are a terminal.
struct TerminalProcess: Sendable {
    /// How it ended; `nil` while it runs.
    let ending = Watched<Child.Ending?>(nil)
    private let identifier: pid_t

    init(_ program: URL, _ arguments: [String], environment: [String: String], on terminal: Pseudoterminal) throws {
        let process = Process()
        let handle = FileHandle(fileDescriptor: terminal.terminal, closeOnDealloc: false)
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment
        process.standardInput = handle
        process.standardOutput = handle
        process.standardError = handle
        process.terminationHandler = { [ending] process in
            let status = process.terminationStatus
            let end = process.terminationReason == .exit ? Child.Ending.exited(status) : .killed(by: status)
            Task { await ending.change { $0 = end } }
        }
        try process.run()
        identifier = process.processIdentifier
    }

    func signal(_ number: Int32) {
        kill(identifier, number)
    }

    func ended() async throws -> Child.Ending? {
        try await ending.value { $0 != nil }
    }
}
