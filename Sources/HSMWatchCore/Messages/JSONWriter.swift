// SPDX-License-Identifier: Apache-2.0

/// Writes the fields of one flat JSON object, in what every version of Graylog stores.
///
/// There is no way to write a null, a boolean, a nested value or a blank string: Graylog drops them. A number with
/// decimals always has them, because the first document that Graylog's index sees fixes a field's type; Swift's
/// `JSONEncoder` writes 5.0 as `5`. A `String` is valid UTF-8: what came in as bytes was repaired (U+FFFD) on the way.
///
/// `<` and `>` are written as escapes, so that no text can become an HSM's command on the wire (`CommandFrame`).
package struct JSONWriter: Hashable, Sendable {
    /// What ends a string that was cut.
    private static let ellipsis = "…"
    /// Bytes of one value as it is written, between its quotes: a configured field of the greatest length fits whole,
    /// at 6 bytes a scalar (`\u003c`). Graylog's index takes 32,766 bytes.
    private static let longestString = 6 * ConfigurationLimits.fieldValueLength + ellipsis.utf8.count

    /// The fields written so far, each after a comma, without the object's braces.
    private(set) var bytes: [UInt8]

    /// Continues an object from its unfinished `bytes`; none: the fields are to be appended to another writer's.
    init(continuing bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    mutating func reserveCapacity(_ count: Int) {
        bytes.reserveCapacity(count)
    }

    /// Writes nothing when `value` is blank. A value over the limit is cut and ends with an ellipsis.
    mutating func string(_ name: String, _ value: String) {
        guard !Self.isBlank(value) else { return }
        key(name)
        append("\"")
        append(escaping: value)
        append("\"")
    }

    mutating func integer(_ name: String, _ value: Int) {
        key(name)
        append(String(value))
    }

    /// Writes tenths with their one decimal: 813 is `81.3`.
    mutating func decimal(_ name: String, tenths: Int) {
        decimal(name, tenths, unit: 10)
    }

    /// Writes thousandths with their three decimals: -500 is `-0.500`.
    mutating func decimal(_ name: String, thousandths: Int) {
        decimal(name, thousandths, unit: 1000)
    }

    mutating func append(_ fields: JSONWriter) {
        bytes.append(contentsOf: fields.bytes)
    }

    /// A string alone, between its quotes.
    package static func quoted(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.append("\"")
        json.append(escaping: text)
        json.append("\"")
        return json.bytes
    }

    /// The finished object.
    consuming func closed() -> [UInt8] {
        append("}")
        return bytes
    }

    private mutating func key(_ name: String) {
        append(",\"")
        append(name)
        append("\":")
    }

    private mutating func decimal(_ name: String, _ value: Int, unit: UInt) {
        key(name)
        if value < 0 { append("-") }
        let (whole, fraction) = value.magnitude.quotientAndRemainder(dividingBy: unit)
        append(String(whole))
        // The digit of the unit keeps the zeros behind it, and makes room for the point.
        let point = bytes.count
        append(String(unit + fraction))
        bytes[point] = UInt8(ascii: ".")
    }

    private mutating func append(_ text: String) {
        // Through the storage: twice as fast as through the view.
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func append(escaping text: String) {
        guard text.utf8.count > Self.longestString || Self.needsEscapes(text) else { return append(text) }
        let limit = bytes.count + Self.longestString - Self.ellipsis.utf8.count
        for scalar in text.unicodeScalars {
            let escaped = Self.escape(scalar)
            guard bytes.count + escaped.utf8.count <= limit else { return append(Self.ellipsis) }
            append(escaped)
        }
    }

    private static func needsEscapes(_ text: String) -> Bool {
        // Through the storage: many times faster than byte by byte through the view.
        text.utf8.withContiguousStorageIfAvailable { $0.contains(where: mustBeEscaped) } ?? true
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        // In UTF-8 0xC2 begins U+0080 … U+009F, the control characters of ISO 6429, and what follows up to U+00BF.
        byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
    }

    /// RFC 8259 section 7 demands the control characters below U+0020. A terminal obeys DEL and those of ISO 6429 too,
    /// so that they are escaped as well: the JSON can be shown as it is.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "<": "\\u003c"
        case ">": "\\u003e"
        case "\0"..."\u{F}": "\\u000" + String(scalar.value, radix: 16)
        case "\u{10}"..."\u{1F}", "\u{7F}"..."\u{9F}": "\\u00" + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }

    /// Whether nothing is left once Graylog has trimmed it: it takes control characters for blank, too.
    private static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value <= 0x20 || ($0.value > 0x7F && $0.properties.isWhitespace) }
    }
}
