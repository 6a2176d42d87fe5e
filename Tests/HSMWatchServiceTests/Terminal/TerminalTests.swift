// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchService
import Testing

@Suite("Terminal")
struct TerminalTests {
    /// A pseudoterminal (pty(7)); closed with its value.
    private final class Pseudoterminal {
        let master: CInt
        let terminal: CInt

        init() throws {
            var (master, terminal) = (CInt(-1), CInt(-1))
            try #require(openpty(&master, &terminal, nil, nil, nil) == 0)
            self.master = master
            self.terminal = terminal
        }

        deinit {
            close(terminal)
            close(master)
        }

        func resize(to columns: UInt16) {
            // The fields of `struct winsize`.
            var size: [UInt16] = [24, columns, 0, 0]
            #expect(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
        }
    }

    private static let line = "2026-07-30T17:23:00.123Z NOTICE hsmwatch 0.1.0 started, watching 4 HSMs"

    @Test("a line is fitted to the width that the terminal has at the time")
    func fits() throws {
        let pseudoterminal = try Pseudoterminal()
        for columns in [80, 60, 80] {
            pseudoterminal.resize(to: UInt16(columns))
            #expect(Terminal.columns(of: pseudoterminal.terminal) == columns)
            let pieces = Terminal.fit(Self.line, to: pseudoterminal.terminal, indent: 2).split(separator: "\n")
            #expect(pieces.count == (columns == 80 ? 1 : 2))
            #expect(pieces.dropFirst().allSatisfy { $0.hasPrefix("  ") })
        }
    }

    @Test("a terminal that does not say its width, a pipe and a closed descriptor get the line as it is")
    func leavesAlone() throws {
        let pseudoterminal = try Pseudoterminal()
        pseudoterminal.resize(to: 0)
        var pipeEnds: [CInt] = [-1, -1]
        try #require(pipe(&pipeEnds) == 0)
        defer { pipeEnds.forEach { close($0) } }
        for descriptor in [pseudoterminal.terminal, pipeEnds[1], -1] {
            #expect(Terminal.columns(of: descriptor) == nil)
            #expect(Terminal.fit(Self.line, to: descriptor) == Self.line)
        }
    }
}
