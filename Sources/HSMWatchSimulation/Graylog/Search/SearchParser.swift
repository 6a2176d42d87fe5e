// SPDX-License-Identifier: Apache-2.0

/// Reads a query; what is not of the part that `SearchExpression` describes is refused.
package struct SearchParser {
    /// Why a text is not such a query, and the character at which that shows.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let reason: String
        /// 0-based.
        package let offset: Int

        package var description: String { "\(reason) at character \(offset)" }
    }

    /// The deepest nesting of parentheses.
    package static let maximumDepth = 50

    private let text: [Character]
    private var offset = 0
    private var depth = 0

    package static func parse(_ text: String) throws(Problem) -> SearchExpression {
        var parser = SearchParser(text: Array(text))
        let expression = try parser.disjunction(of: nil)
        guard parser.offset == parser.text.count else { throw parser.problem("nothing more is expected") }
        return expression
    }

    private init(text: [Character]) {
        self.text = text
    }

    private func problem(_ reason: String) -> Problem {
        Problem(reason: reason, offset: offset)
    }

    // MARK: Operators

    /// - Parameter field: whose values a group lists; nil outside of one.
    private mutating func disjunction(of field: String?) throws(Problem) -> SearchExpression {
        var parts = [try conjunction(of: field)]
        while takeWord("OR") { parts.append(try conjunction(of: field)) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction(of field: String?) throws(Problem) -> SearchExpression {
        var parts = [try negation(of: field)]
        while takeWord("AND") { parts.append(try negation(of: field)) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func negation(of field: String?) throws(Problem) -> SearchExpression {
        if takeWord("NOT") { return .not(try negation(of: field)) }
        return if let field { try value(of: field) } else { try term() }
    }

    // MARK: Terms

    private mutating func term() throws(Problem) -> SearchExpression {
        skipSpaces()
        if take("(") { return try group(of: nil) }
        let field = word()
        guard !field.isEmpty, take(":") else { throw problem("a field and a colon are expected") }
        guard field == "_exists_" else { return try value(of: field) }
        let name = word()
        guard !name.isEmpty else { throw problem("the name of a field is expected") }
        return .exists(field: name)
    }

    private mutating func value(of field: String) throws(Problem) -> SearchExpression {
        skipSpaces()
        if take("(") { return try group(of: field) }
        if take("\"") { return .equals(field: field, text: try phrase()) }
        for comparison in SearchExpression.Comparison.allCases where take(comparison.rawValue) {
            guard let number = Double(word()) else { throw problem("a number is expected") }
            return .compares(field: field, comparison, number)
        }
        let text = word()
        guard !text.isEmpty else { throw problem("a value is expected") }
        return .equals(field: field, text: text)
    }

    private mutating func group(of field: String?) throws(Problem) -> SearchExpression {
        depth += 1
        guard depth <= Self.maximumDepth else { throw problem("more than \(Self.maximumDepth) parentheses are open") }
        let expression = try disjunction(of: field)
        skipSpaces()
        guard take(")") else { throw problem("a closing parenthesis is expected") }
        depth -= 1
        return expression
    }

    private mutating func phrase() throws(Problem) -> String {
        var phrase = ""
        while offset < text.count {
            let character = text[offset]
            offset += 1
            switch character {
            case "\"": return phrase
            case "\\" where offset < text.count:
                phrase.append(text[offset])
                offset += 1
            default: phrase.append(character)
            }
        }
        throw problem("a closing quotation mark is expected")
    }

    // MARK: Characters

    private mutating func skipSpaces() {
        while offset < text.count, text[offset] == " " { offset += 1 }
    }

    private mutating func take(_ part: String) -> Bool {
        guard text[offset...].starts(with: part) else { return false }
        offset += part.count
        return true
    }

    /// An operator is a word of its own.
    private mutating func takeWord(_ operation: String) -> Bool {
        let start = offset
        skipSpaces()
        if word() == operation, offset == text.count || text[offset] == " " || text[offset] == "(" { return true }
        offset = start
        return false
    }

    /// What needs no quotation marks; a minus, which would negate, not at its beginning.
    private mutating func word() -> String {
        let start = offset
        while offset < text.count, Self.isPlain(text[offset]), offset > start || text[offset] != "-" { offset += 1 }
        return String(text[start..<offset])
    }

    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
    }
}
