// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// The lines that someone types, or a script writes, while a command runs.
enum StandardInput {
    /// The longest line, in bytes; the rest of a longer one is read as a line of its own.
    static let lineLimit = 1024

    /// The lines until the input ends. A thread of its own reads them, since such a read may last for ever.
    ///
    /// It reads the descriptor, not the `stdin` stream: glibc 2.41 and later cannot end a process while a thread reads a
    /// stream.
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
