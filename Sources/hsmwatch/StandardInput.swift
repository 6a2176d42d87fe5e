// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// The lines that someone types, or a script writes, while a command runs.
enum StandardInput {
    /// The longest line, in bytes; the rest of a longer one is read as a line of its own.
    static let lineLimit = 1024

    /// The lines until the input ends. They are read by a thread of their own, since such a read may last for ever.
    static func lines() -> AsyncStream<String> {
        AsyncStream { lines in
            // In the background of a shell, reading would stop the whole process instead of failing.
            signal(SIGTTIN, SIG_IGN)
            DispatchQueue(label: "standard input").async {
                var line: [UInt8] = []
                while let byte = nextByte() {
                    if byte != UInt8(ascii: "\n") { line.append(byte) }
                    guard byte == UInt8(ascii: "\n") || line.count == lineLimit else { continue }
                    lines.yield(String(decoding: line, as: UTF8.self))
                    line = []
                }
                if !line.isEmpty { lines.yield(String(decoding: line, as: UTF8.self)) }
                lines.finish()
            }
        }
    }

    private static func nextByte() -> UInt8? {
        let byte = getchar()
        return byte == EOF ? nil : UInt8(truncatingIfNeeded: byte)
    }
}
