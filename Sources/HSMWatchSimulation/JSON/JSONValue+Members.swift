// SPDX-License-Identifier: Apache-2.0

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

    /// The same with what stands at `path` changed: names of members, and numbers of elements. A path that leads nowhere
    /// changes nothing.
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
