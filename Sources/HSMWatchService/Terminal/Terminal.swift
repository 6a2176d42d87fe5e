// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// A descriptor of the process, if a person reads it on a terminal.
package enum Terminal {
    /// The terminal's size as it is now (ioctl_tty(2)); nil when the descriptor is no terminal, or one that has no
    /// width.
    package static func size(of descriptor: CInt) -> (rows: Int, columns: Int)? {
        // The fields of `struct winsize`, whose module depends on the version of glibc: rows, columns, and two of
        // pixels.
        var size: [UInt16] = [0, 0, 0, 0]
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size[1] > 0 else {
            return nil
        }
        return (Int(size[0]), Int(size[1]))
    }

    /// The terminal's width as it is now; nil as for its size.
    package static func columns(of descriptor: CInt) -> Int? {
        size(of: descriptor)?.columns
    }

    /// The line as the descriptor should get it: broken between words on a terminal, else as it is.
    ///
    /// - Parameter indent: spaces before each piece but the first.
    package static func fit(_ line: String, to descriptor: CInt, indent: Int = 4) -> String {
        columns(of: descriptor).map { WordWrap.fit(line, to: $0, indent: indent) } ?? line
    }
}

/// A terminal in raw mode that shows a screen of ours and no cursor, until `leave` puts everything back.
package struct FullScreen: Sendable {
    /// xterm's alternate screen; no cursor, and no jump to the next line after the last column.
    private static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let end = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private let input: CInt
    private let output: CInt
    private let saved: termios

    /// Nil when the two descriptors are no terminal.
    package init?(input: CInt, output: CInt) {
        var saved = termios()
        guard isatty(output) == 1, tcgetattr(input, &saved) == 0 else { return nil }
        self.input = input
        self.output = output
        self.saved = saved
    }

    /// Takes the terminal over; again, when another program had it meanwhile.
    package func enter() {
        var raw = saved
        cfmakeraw(&raw)
        // Signals of the keyboard come as keys, so that Ctrl-Z cannot leave the terminal as it is.
        tcsetattr(input, TCSADRAIN, &raw)
        write(Self.begin)
    }

    /// Puts the terminal back as it was.
    package func leave() {
        write(Self.end)
        var saved = saved
        tcsetattr(input, TCSADRAIN, &saved)
    }

    /// A terminal that is gone cannot be reset.
    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(output, bytes, bytes.count)
    }
}
