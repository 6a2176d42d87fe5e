// SPDX-License-Identifier: Apache-2.0

/// What hsmwatch may ask an HSM: the sockets of the whole HSM, or of one of its ports.
package enum Query: Hashable, Sendable {
    /// `<1223#>`
    case everything
    /// `<1223#PORT#>`
    case port(UInt16)

    /// The port asked about, if one is.
    package var port: UInt16? {
        switch self {
        case .everything: nil
        case .port(let port): port
        }
    }
}

extension HSMConfiguration {
    /// What is asked in every probe, one after the other.
    package var queries: [Query] {
        queryPorts.isEmpty ? [.everything] : queryPorts.map(Query.port)
    }
}

/// The bytes of a question, ready for the wire.
///
/// The port that answers it also takes a factory reset. So a request is built from a number and nothing else: no text,
/// from a configuration or anywhere, can reach the wire.
package struct Request: Hashable, Sendable {
    /// The frame and the line ending after it.
    package let bytes: [UInt8]

    package init(_ query: Query, lineEnding: LineEnding) {
        let frame =
            switch query {
            case .everything: "<1223#>"
            case .port(let port): "<1223#\(port)#>"
            }
        let ending =
            switch lineEnding {
            case .lf: "\n"
            case .crlf: "\r\n"
            case .none: ""
            }
        bytes = Array((frame + ending).utf8)
    }
}

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

    /// `<00#XXYYZZ#…>`: XX is the error number; 00 would be an echo, which hsmwatch does not request.
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

/// What an HSM answered to `<1223#>`: how many TCP sockets it has, and how many are left.
package struct Reading: Hashable, Sendable {
    /// Sockets that a client may still open; at most `total`.
    package let available: Int
    /// Sockets that the HSM is configured for; more than zero.
    package let total: Int

    /// Nil unless `0 ≤ available ≤ total` and `total > 0`: nothing else can be a reading.
    package init?(available: Int, total: Int) {
        guard total > 0, (0...total).contains(available) else { return nil }
        self.available = available
        self.total = total
    }

    /// Sockets in use, the monitor's own among them.
    package var consumed: Int { total - available }

    /// Sockets in use in tenths of a percent, rounded half up: ten digits of sockets times 2000 fit.
    var consumedPermille: Int { (consumed * 2000 + total) / (total * 2) }
}

/// Bytes from the network as printable ASCII that still says what they were: `\r\n`, `\x1B`.
package enum EscapedBytes {
    /// What stands for the rest of a text that was cut.
    private static let ellipsis = "..."

    /// - Parameters:
    ///   - bytes: a backslash among them is doubled.
    ///   - special: printable characters that must not stand there as they are.
    ///   - limit: characters of the text; what is longer is cut and ends with three dots.
    package static func text(
        _ bytes: some Sequence<UInt8>, escaping special: [UInt8] = [], limit: Int = .max
    ) -> String {
        var text = ""
        for byte in bytes {
            text += special.contains(byte) ? hexadecimal(byte) : escape(byte)
            guard text.utf8.count <= limit else { return text.prefix(limit - ellipsis.count) + ellipsis }
        }
        return text
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\r"): "\\r"
        case UInt8(ascii: "\n"): "\\n"
        case UInt8(ascii: "\t"): "\\t"
        case UInt8(ascii: "\\"): "\\\\"
        case 0x20...0x7E: String(UnicodeScalar(byte))
        default: hexadecimal(byte)
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
}
