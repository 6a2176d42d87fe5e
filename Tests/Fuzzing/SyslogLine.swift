// SPDX-License-Identifier: Apache-2.0

/// Reads a syslog message strictly, byte by byte.
struct SyslogLine {
    private static let longestHost = 255
    private static let longestName = 32

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// `<PRI>`, of RFC 3164 as well; nil when it is none.
    mutating func priority() -> Int? {
        guard take("<") else { return nil }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest[digits.endIndex...]
        guard digits.count <= 3, take(">") else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Whether what follows is the rest of RFC 5424's header and structured data that ends where it should.
    mutating func isModern() -> Bool {
        guard take("1 ") else { return false }
        let time = word()
        let isTime = zip(time, "0000-00-00T00:00:00.000Z".utf8).allSatisfy { byte, form in
            form == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == form
        }
        let host = word()
        guard time.count == 24, isTime, (1...Self.longestHost).contains(host.count),
            host.allSatisfy({ (0x21...0x7E).contains($0) }),
            take("hsmwatch - - ")
        else { return false }
        return take("- ") || structuredData()
    }

    private mutating func structuredData() -> Bool {
        guard take("[hsmwatch@32473") else { return false }
        while take(" ") {
            let name = rest.prefix { $0 != UInt8(ascii: "=") }
            rest = rest[name.endIndex...]
            guard (1...Self.longestName).contains(name.count), Self.isName(name), take("=\""), value() else {
                return false
            }
        }
        return take("] ")
    }

    private mutating func value() -> Bool {
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "]"): return false
            case UInt8(ascii: "\\"): guard take("\"") || take("]") else { return false }
            default: break
            }
        }
        return false
    }

    private mutating func word() -> ArraySlice<UInt8> {
        let word = rest.prefix { $0 != UInt8(ascii: " ") }
        rest = rest[word.endIndex...].dropFirst()
        return word
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { (0x21...0x7E).contains($0) && !"]\"".utf8.contains($0) }
    }
}
