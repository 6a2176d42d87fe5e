// SPDX-License-Identifier: Apache-2.0

/// Reads a finished message back: one flat JSON object, as `JSONWriter` writes it.
///
/// The spool keeps one form of a message, GELF's. What sends another form makes it of these fields.
struct MessageReader {
    /// One field: a string without its escapes, or a number exactly as it was written.
    struct Field: Hashable {
        let name: String
        let value: String
    }

    private let bytes: [UInt8]
    private var offset = 0

    /// All fields in their order; nil when these are not the bytes of a message.
    static func fields(of body: [UInt8]) -> [Field]? {
        var reader = MessageReader(bytes: body)
        return reader.object()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func object() -> [Field]? {
        guard take("{") else { return nil }
        var fields: [Field] = []
        repeat {
            guard let name = string(), take(":"), let value = string() ?? number() else { return nil }
            fields.append(Field(name: name, value: value))
        } while take(",")
        return take("}") && offset == bytes.count ? fields : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func number() -> String? {
        let digits = bytes[offset...].prefix { "0123456789.-".utf8.contains($0) }
        offset = digits.endIndex
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        while offset < bytes.count {
            let plain = bytes[offset...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            text += plain
            offset = plain.endIndex
            if take("\"") { return String(decoding: text, as: UTF8.self) }
            guard take("\\"), let scalar = escaped() else { return nil }
            text += Array(String(scalar).utf8)
        }
        return nil
    }

    /// What stands behind a backslash; of RFC 8259's escapes those that the writer uses.
    private mutating func escaped() -> Unicode.Scalar? {
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        switch Unicode.Scalar(bytes[offset]) {
        case "\"": return "\""
        case "\\": return "\\"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let digits = bytes[(offset + 1)...].prefix(4)
            offset += digits.count
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap(Unicode.Scalar.init)
        default: return nil
        }
    }
}
