// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// A descriptor of the process, if a person reads it on a terminal.
package enum Terminal {
    /// The terminal's size as it is now (ioctl_tty(2)); nil when the descriptor is no terminal, or one that has no width.
    package static func size(of descriptor: CInt) -> (rows: Int, columns: Int)? {
        // The fields of `struct winsize`, whose module depends on the version of glibc: rows, columns, and two of pixels.
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
