// SPDX-License-Identifier: Apache-2.0

/// Reads JSON as Graylog's parser does: Jackson, with trailing commas and unescaped control characters allowed.
///
/// Bytes of a string that are not UTF-8 become U+FFFD, and so do halves of a surrogate pair.
package struct JSONParser {
    /// Why text is not JSON, and the byte at which that shows.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let reason: String
        /// 0-based.
        package let offset: Int

        package var description: String { "\(reason) at byte \(offset)" }
    }

    /// The deepest nesting of arrays and objects, as in Jackson's `StreamReadConstraints`.
    package static let maximumDepth = 1000

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads one value; what follows it is not looked at.
    package mutating func value() throws(Problem) -> JSONValue {
        skipWhitespace()
        guard let byte = next else { throw problem("the text ends") }
        switch Unicode.Scalar(byte) {
        case "{": return try nested { parser throws(Problem) in try parser.object() }
        case "[": return try nested { parser throws(Problem) in try parser.array() }
        case "\"": return .string(try string())
        case "t": return try word("true", is: .boolean(true))
        case "f": return try word("false", is: .boolean(false))
        case "n": return try word("null", is: .null)
        case "-", "0"..."9": return try number()
        default: throw problem("no value begins")
        }
    }

    /// Whether something follows the value that was read. Jackson looks for one more token: what begins like one is
    /// ignored by Graylog, anything else makes the whole text invalid.
    package mutating func hasMore() throws(Problem) -> Bool {
        skipWhitespace()
        switch next {
        case nil: return false
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): return true
        default:
            _ = try value()
            return true
        }
    }

    private var next: UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private func problem(_ reason: String) -> Problem {
        Problem(reason: reason, offset: offset)
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { offset += 1 }
    }

    /// Skips `byte` if it is the next one after whitespace.
    private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        skipWhitespace()
        guard next == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func word(_ word: StaticString, is value: JSONValue) throws(Problem) -> JSONValue {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes[offset..<end].elementsEqual("\(word)".utf8) else {
            throw problem("no value begins")
        }
        offset = end
        return value
    }

    // MARK: Arrays and objects

    private mutating func nested(
        _ read: (inout JSONParser) throws(Problem) -> JSONValue
    ) throws(Problem) -> JSONValue {
        guard depth < Self.maximumDepth else { throw problem("nested deeper than \(Self.maximumDepth)") }
        offset += 1
        depth += 1
        defer { depth -= 1 }
        return try read(&self)
    }

    private mutating func array() throws(Problem) -> JSONValue {
        var elements: [JSONValue] = []
        while !skip("]") {
            elements.append(try value())
            if !skip(",") {
                guard skip("]") else { throw problem("',' or ']' is missing") }
                break
            }
        }
        return .array(elements)
    }

    private mutating func object() throws(Problem) -> JSONValue {
        var members = JSONObject()
        while !skip("}") {
            guard next == UInt8(ascii: "\"") else { throw problem("a name in quotes is missing") }
            let name = try string()
            guard skip(":") else { throw problem("':' is missing") }
            members.set(name, to: try value())
            if !skip(",") {
                guard skip("}") else { throw problem("',' or '}' is missing") }
                break
            }
        }
        return .object(members)
    }

    // MARK: Strings

    private mutating func string() throws(Problem) -> String {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch Unicode.Scalar(byte) {
            case "\"": return String(decoding: text, as: UTF8.self)
            case "\\": text += Array(String(try escaped()).utf8)
            default: text.append(byte)
            }
        }
        throw problem("a string does not end")
    }

    private mutating func escaped() throws(Problem) -> Unicode.Scalar {
        guard let byte = next else { throw problem("a string does not end") }
        offset += 1
        switch Unicode.Scalar(byte) {
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "\"", "\\", "/": return Unicode.Scalar(byte)
        case "u": return try unicode()
        default: throw problem("an unknown escape")
        }
    }

    /// Reads what follows `\u`; two surrogates in a row are one character.
    private mutating func unicode() throws(Problem) -> Unicode.Scalar {
        let first = try hexadecimal()
        guard UTF16.isLeadSurrogate(first), bytes[offset...].starts(with: Array("\\u".utf8)) else {
            return Unicode.Scalar(first) ?? "\u{FFFD}"
        }
        let afterFirst = offset
        offset += 2
        let second = try hexadecimal()
        guard UTF16.isTrailSurrogate(second) else {
            offset = afterFirst
            return "\u{FFFD}"
        }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func hexadecimal() throws(Problem) -> UInt16 {
        let end = offset + 4
        guard end <= bytes.count, bytes[offset..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: bytes[offset..<end], as: UTF8.self), radix: 16)
        else { throw problem("\\u without four hexadecimal digits") }
        offset = end
        return unit
    }

    // MARK: Numbers

    private mutating func number() throws(Problem) -> JSONValue {
        let start = offset
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let digits = try digits()
        guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { throw problem("a number begins with 0") }
        var isDecimal = false
        if next == UInt8(ascii: ".") {
            isDecimal = true
            offset += 1
            _ = try self.digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isDecimal = true
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            _ = try self.digits()
        }
        guard isDecimal else {
            let magnitude = digits.reduce(Int64(0)) { $0 &* 10 &+ Int64($1 - UInt8(ascii: "0")) }
            return .integer(isNegative ? 0 &- magnitude : magnitude)
        }
        guard let decimal = Double(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            throw problem("a number that cannot be read")
        }
        return .decimal(decimal)
    }

    private mutating func digits() throws(Problem) -> ArraySlice<UInt8> {
        let digits = bytes[offset...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { throw problem("a digit is missing") }
        offset = digits.endIndex
        return digits
    }
}
