// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// The text as one word of a POSIX shell: as it is where that is safe, else in single quotes.
    package var shellQuoted: String {
        let isPlain = utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "A"..."Z", "a"..."z", "0"..."9", "/", ".", "_", "-": true
            default: false
            }
        }
        guard !isPlain || isEmpty else { return String(self) }
        return "'" + replacingScalars { $0 == "'" ? "'\\''" : nil } + "'"
    }
}
