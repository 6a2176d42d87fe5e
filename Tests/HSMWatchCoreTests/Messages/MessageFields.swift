// SPDX-License-Identifier: Apache-2.0

/// The fields of a message in their order, read strictly: only what Graylog stores of a flat object is accepted, and a
/// number keeps the form it was written in.
struct MessageFields {
    enum Value: Equatable {
        case string(String)
        case integer(Int)
        /// As it was written.
        case decimal(String)

        /// The type that Graylog's index would give the field.
        var type: String {
            switch self {
            case .string: "string"
            case .integer: "integer"
            case .decimal: "decimal"
            }
        }
    }

    struct Unexpected: Error {
        let what: String
    }

    private(set) var names: [String] = []
    private var values: [String: Value] = [:]

    init(_ json: [UInt8]) throws {
        guard let text = String(validating: json, as: UTF8.self) else { throw Unexpected(what: "not UTF-8") }
        var rest = text.unicodeScalars[...]
        try Self.skip("{", in: &rest)
        while true {
            let name = try Self.string(in: &rest)
            try Self.skip(":", in: &rest)
            let value = rest.first == "\"" ? .string(try Self.string(in: &rest)) : try Self.number(in: &rest)
            guard values.updateValue(value, forKey: name) == nil else { throw Unexpected(what: "\(name) again") }
            names.append(name)
            guard rest.first == "," else { break }
            rest.removeFirst()
        }
        try Self.skip("}", in: &rest)
        guard rest.isEmpty else { throw Unexpected(what: "something after the object") }
    }

    subscript(name: String) -> Value? { values[name] }

    private static func skip(_ scalar: Unicode.Scalar, in rest: inout Substring.UnicodeScalarView) throws {
        guard rest.popFirst() == scalar else {
            throw Unexpected(what: "no \(scalar) before \(String(rest.prefix(20)))")
        }
    }

    private static func number(in rest: inout Substring.UnicodeScalarView) throws -> Value {
        let text = String(rest.prefix { "-.0123456789".unicodeScalars.contains($0) })
        rest.removeFirst(text.unicodeScalars.count)
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain = parts.first.map { $0 == "0" || !$0.hasPrefix("0") } ?? false
        guard isPlain, parts.allSatisfy({ !$0.isEmpty }) else { throw Unexpected(what: "the number \(text)") }
        if parts.count == 2, Double(text) != nil { return .decimal(text) }
        guard let integer = Int(text) else { throw Unexpected(what: "the number \(text)") }
        return .integer(integer)
    }

    private static func string(in rest: inout Substring.UnicodeScalarView) throws -> String {
        try skip("\"", in: &rest)
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(text)
            case "\\": text.append(try escaped(in: &rest))
            case "\0"..."\u{1F}": throw Unexpected(what: "the control character \(scalar.value)")
            default: text.append(scalar)
            }
        }
        throw Unexpected(what: "a string without an end")
    }

    private static func escaped(in rest: inout Substring.UnicodeScalarView) throws -> Unicode.Scalar {
        switch rest.popFirst() {
        case "\"": return "\""
        case "\\": return "\\"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let digits = String(rest.prefix(4))
            guard digits.utf8.count == 4, let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else {
                throw Unexpected(what: "the escape \\u\(digits)")
            }
            rest.removeFirst(4)
            return scalar
        case let other: throw Unexpected(what: "the escape \(String(describing: other))")
        }
    }
}
