// SPDX-License-Identifier: Apache-2.0

/// The reading of a reply's frame (Atalla AT1000 command reference: every field ends with `#`, `^TAG#` may come last).
package enum Reply {
    /// Digits of the largest number that a reply may hold.
    package static let digitLimit = 10

    /// What the frame, with its angle brackets, says in answer to `<1223#>`.
    package static func interpret(_ frame: [UInt8]) -> Outcome {
        let fields = frame.dropFirst().dropLast().split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
        switch fields.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "2223":
            return reading(fields, of: frame)
        case "00":
            return .failure(error(fields, in: frame))
        default:
            return .failure(Failure(.malformed, "the reply is not socket information, <2223#...#>: \(excerpt(frame))"))
        }
    }

    /// Bytes as printable ASCII, a dot for every other, at most `limit` characters.
    package static func printable(_ bytes: some Collection<UInt8>, limit: Int = MessageEncoder.longestReply) -> String {
        let characters = bytes.prefix(limit).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") }
        return String(decoding: characters, as: UTF8.self)
    }

    private static func reading(_ fields: [ArraySlice<UInt8>], of frame: [UInt8]) -> Outcome {
        guard fields.count >= 3, let available = number(fields[1]), let total = number(fields[2]) else {
            return .failure(Failure(.malformed, "the reply lacks available and total: \(excerpt(frame))"))
        }
        guard let reading = Reading(available: available, total: total) else {
            return .failure(
                Failure(
                    .malformed, "the reply has \(available) of \(counted(total, "socket")) available: \(excerpt(frame))"
                ))
        }
        return .reading(reading, reply: printable(frame))
    }

    /// `<00#XXYYZZ#…>`: XX is the error number; 00 would be an echo, which nobody asked for.
    private static func error(_ fields: [ArraySlice<UInt8>], in frame: [UInt8]) -> Failure {
        guard fields.count >= 2, let code = number(fields[1].prefix(2)), fields[1].count >= 2, code > 0 else {
            return Failure(
                .malformed, "the reply is neither socket information, <2223#...#>, nor an error: \(excerpt(frame))")
        }
        let number = code < 10 ? "0\(code)" : "\(code)"
        let meaning = meanings[code].map { " (\($0))" } ?? ""
        return Failure(.hsmError, "HSM error \(number)\(meaning): \(excerpt(frame))", errorCode: code)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...digitLimit).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func excerpt(_ frame: [UInt8]) -> String {
        printable(frame, limit: 80)
    }

    /// Error numbers that an administrator can do something about (AKB banking command reference, table 12-1).
    private static let meanings = [
        1: "length out of range", 2: "invalid character", 3: "value out of range", 4: "invalid number of parameters",
        8: "execution error", 21: "not in a security association", 22: "non-existent command or option",
        23: "invalid command or option", 29: "unable to allocate memory", 41: "ASRM timeout",
        98: "no response from the cryptographic card", 99: "execution time-out",
    ]
}
