// SPDX-License-Identifier: Apache-2.0

/// A JSON value, with what Graylog tells apart: an integer is not a decimal, and an object has an order.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// A number without fraction and exponent; beyond 64 bits, its low 64 bits, as with Java's `longValue`.
    case integer(Int64)
    /// A number with a fraction or an exponent; infinite when it is too great.
    case decimal(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The member of an object; `nil` when it has none of that name, or is no object.
    package subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The elements of an array; none when it is no array.
    package var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The members' names of an object, in order; none when it is no object.
    package var names: [String] {
        if case .object(let members) = self { members.names } else { [] }
    }

    /// The text of a string; `nil` for any other value.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number of an integer; `nil` for any other value.
    package var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// Whether it is `true` or `false`; `nil` for any other value.
    package var boolean: Bool? {
        if case .boolean(let flag) = self { flag } else { nil }
    }

    /// The same with what stands at `path` changed: names of members, and numbers of elements. A path that leads
    /// nowhere changes nothing.
    package func replacing(_ path: ArraySlice<String>, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard let step = path.first else { return change(self) }
        switch self {
        case .object(var members):
            guard let member = members[step] else { return self }
            members.set(step, to: member.replacing(path.dropFirst(), change))
            return .object(members)
        case .array(var elements):
            guard let index = Int(step), elements.indices.contains(index) else { return self }
            elements[index] = elements[index].replacing(path.dropFirst(), change)
            return .array(elements)
        case .null, .boolean, .integer, .decimal, .string: return self
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    package init(booleanLiteral value: Bool) {
        self = .boolean(value)
    }

    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    package init(dictionaryLiteral members: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in members { object.set(name, to: value) }
        self = .object(object)
    }
}

/// The members of a JSON object, in the order of their first appearance; of a repeated name the last value counts.
package struct JSONObject: Hashable, Sendable {
    /// The names, in order.
    package private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    package init() {}

    package subscript(name: String) -> JSONValue? {
        values[name]
    }

    package mutating func set(_ name: String, to value: JSONValue) {
        if values.updateValue(value, forKey: name) == nil { names.append(name) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        for (name, value) in members { set(name, to: value) }
    }
}

extension JSONValue {
    /// The value as JSON on one line, without spaces. A decimal always has its decimals: `100.0`.
    ///
    /// Only control characters, quotes and backslashes are escaped.
    package var text: String {
        text(escaping: { $0.value < 0x20 })
    }

    /// The same, with everything escaped that could command a terminal.
    package var terminalText: String {
        text(escaping: \.commandsTerminal)
    }

    private func text(escaping mustEscape: (Unicode.Scalar) -> Bool) -> String {
        switch self {
        case .null: "null"
        case .boolean(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .decimal(let number): number.isFinite ? "\(number)" : Self.quoted("\(number)", mustEscape)
        case .string(let string): Self.quoted(string, mustEscape)
        case .array(let elements): "[" + elements.map { $0.text(escaping: mustEscape) }.joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.names.map { name in
                    Self.quoted(name, mustEscape) + ":" + (members[name] ?? .null).text(escaping: mustEscape)
                }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ string: String, _ mustEscape: (Unicode.Scalar) -> Bool) -> String {
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where mustEscape(scalar): quoted += scalar.jsonEscape
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
