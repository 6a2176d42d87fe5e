// SPDX-License-Identifier: Apache-2.0

/// A query in the part of Graylog's language (Lucene's) that hsmwatch uses: terms with a field, phrases, groups, ranges
/// with one end, `_exists_`, and `AND`, `OR`, `NOT` in capitals with parentheses.
package indirect enum SearchExpression: Hashable, Sendable {
    case equals(field: String, text: String)
    case exists(field: String)
    case compares(field: String, Comparison, Double)
    case all([SearchExpression])
    case any([SearchExpression])
    case not(SearchExpression)

    package enum Comparison: String, CaseIterable, Hashable, Sendable {
        // Two characters before one: the first that fits is taken.
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"
    }

    /// Whether Graylog's search finds a message with these fields.
    package func matches(_ fields: [String: FieldValue]) -> Bool {
        switch self {
        case .equals(let field, let text): fields[field].map { Self.equals($0, text, in: field) } ?? false
        case .exists(let field): fields[field] != nil
        case .compares(let field, let comparison, let number):
            fields[field]?.number.map { comparison.holds($0, number) } ?? false
        case .all(let parts): parts.allSatisfy { $0.matches(fields) }
        case .any(let parts): parts.contains { $0.matches(fields) }
        case .not(let part): !part.matches(fields)
        }
    }

    /// The fields that it names.
    package var fields: [String] {
        switch self {
        case .equals(let field, _), .exists(let field), .compares(let field, _, _): [field]
        case .all(let parts), .any(let parts): parts.flatMap(\.fields)
        case .not(let part): part.fields
        }
    }

    /// A keyword is compared as it is, a number by its value; `source` is analysed to lower case.
    private static func equals(_ value: FieldValue, _ text: String, in field: String) -> Bool {
        if let number = value.number { return number == Double(text) }
        guard case .string(let stored) = value else { return false }
        return field == "source" ? stored.lowercased() == text.lowercased() : stored == text
    }
}

extension SearchExpression.Comparison {
    func holds(_ left: Double, _ right: Double) -> Bool {
        switch self {
        case .below: left < right
        case .above: left > right
        case .atMost: left <= right
        case .atLeast: left >= right
        }
    }
}

extension FieldValue {
    /// The value of a number; nil of a string.
    var number: Double? {
        switch self {
        case .long(let number): Double(number)
        case .double(let number): number
        case .string: nil
        }
    }
}
