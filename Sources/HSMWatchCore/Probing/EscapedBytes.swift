// SPDX-License-Identifier: Apache-2.0

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
