// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A JSON document as it is written down: an object keeps the order of its members, and a decimal its point.
///
/// Messages are flat and have a writer of their own (`JSONWriter`), in which what Graylog would drop cannot be said.
package indirect enum JSONTree: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// Finite; written with a point: 50 is `50.0`.
    case decimal(Double)
    case string(String)
    case array([JSONTree])
    /// The members in their order; names are unique.
    case object([Member])

    /// One member of an object.
    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: JSONTree

        package init(_ name: String, _ value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// The document, each member and element on its own line, indented by two spaces; ends in a newline.
    package var text: String {
        var text = ""
        write(to: &text, indentation: 0)
        return text + "\n"
    }

    private func write(to text: inout String, indentation: Int) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .decimal(let value): text += String(value)
        case .string(let value): text += Self.quoted(value)
        case .array(let elements):
            Self.write(elements, between: "[", "]", to: &text, indentation) { element, text, indentation in
                element.write(to: &text, indentation: indentation)
            }
        case .object(let members):
            Self.write(members, between: "{", "}", to: &text, indentation) { member, text, indentation in
                text += Self.quoted(member.name) + ": "
                member.value.write(to: &text, indentation: indentation)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], between opening: String, _ closing: String, to text: inout String, _ indentation: Int,
        each write: (Item, inout String, Int) -> Void
    ) {
        guard !items.isEmpty else { return text += opening + closing }
        text += opening + "\n"
        for (index, item) in items.enumerated() {
            text += String(repeating: "  ", count: indentation + 1)
            write(item, &text, indentation + 1)
            text += index == items.count - 1 ? "\n" : ",\n"
        }
        text += String(repeating: "  ", count: indentation) + closing
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: JSONWriter.quoted(text), as: UTF8.self)
    }
}

/// What Graylog answers and gets back as it is; the members of an object are sorted by their names.
extension JSONTree: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .decimal(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let elements = try? container.decode([JSONTree].self) {
            self = .array(elements)
        } else {
            self = .object(Self.members(try container.decode([String: JSONTree].self)))
        }
    }

    static func members(_ values: [String: JSONTree]) -> [Member] {
        values.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) }
    }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(integerLiteral value: Int) {
        self = .integer(value)
    }

    package init(booleanLiteral value: Bool) {
        self = .boolean(value)
    }

    package init(nilLiteral: ()) {
        self = .null
    }

    package init(arrayLiteral elements: JSONTree...) {
        self = .array(elements)
    }

    package init(dictionaryLiteral elements: (String, JSONTree)...) {
        self = .object(elements.map(Member.init))
    }
}
