// SPDX-License-Identifier: Apache-2.0

/// What an HSM reads as a command: everything between `<` and `>`. One of them is a factory reset.
///
/// No message that hsmwatch sends may hold such a frame: its bytes could reach an HSM's command port by a wrong address.
/// JSON writes both brackets as escapes. Syslog has no escapes, so other brackets stand for them.
package enum CommandFrame {
    /// How a reply to `<1223#>` begins. An HSM knows no command of that number.
    private static let replyBeginning = "<2223#"

    /// The same JSON without a frame.
    ///
    /// hsmwatch 0.1.0 left the brackets as they are, and its spool may hold such messages. JSON has brackets only in
    /// strings, where an escape means the same.
    package static func escaping(json body: [UInt8]) -> [UInt8] {
        guard body.contains(where: isBracket) else { return body }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(body.count + 64)
        for byte in body {
            switch byte {
            case UInt8(ascii: "<"): escaped += "\\u003c".utf8
            case UInt8(ascii: ">"): escaped += "\\u003e".utf8
            default: escaped.append(byte)
            }
        }
        return escaped
    }

    /// JSON with brackets in place of their escapes, to be compared and not to be sent.
    package static func unescaping(_ json: String) -> String {
        json.replacing("\\u003c", with: "<").replacing("\\u003e", with: ">")
    }

    /// What stands for a bracket where there are no escapes; nil for any other scalar.
    static func substitute(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "<": "\u{2039}"
        case ">": "\u{203A}"
        default: nil
        }
    }

    /// Whether `text` is the reply to `<1223#>` with nothing but numbers: `<2223#50#64#14#>`. It may stand as it came,
    /// because extractors of the script that hsmwatch replaces match on it, and because it can be no command.
    static func isReply(_ text: String) -> Bool {
        text.hasPrefix(replyBeginning) && text.hasSuffix("#>")
            && text.utf8.dropFirst().dropLast().allSatisfy {
                $0 == UInt8(ascii: "#") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
    }
}
