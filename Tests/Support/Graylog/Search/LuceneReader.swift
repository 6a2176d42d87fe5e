// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// Reads the text of a `LuceneQuery`, from its first character to its last.
struct LuceneReader {
    private typealias Problem = LuceneQuery.Problem
    private typealias Term = LuceneQuery.Term
    private typealias Expression = LuceneQuery.Expression

    /// The deepest nesting of parentheses.
    static let maximumDepth = 50

    /// By scalars, as Lucene sees the text: a quote with a combining mark is a quote.
    private let text: [Unicode.Scalar]
    private var offset = 0
    private var depth = 0

    init(_ text: String) {
        self.text = Array(text.unicodeScalars)
    }

    mutating func query() throws(LuceneQuery.Problem) -> LuceneQuery.Expression {
        skipSpaces()
        if offset == text.count || text.allSatisfy({ $0 == "*" || $0 == " " }) { return .all([]) }
        let expression = try expression()
        if offset < text.count { throw problem("AND or OR is expected") }
        return expression
    }

    private func problem(_ reason: String) -> Problem {
        Problem(reason: reason, offset: offset)
    }

    // MARK: Clauses

    /// Clauses with AND between them, or with OR.
    private mutating func expression() throws(Problem) -> Expression {
        var seen: String?
        var (first, isNegated) = try negation()
        var parts = [first]
        while let word = ["AND", "OR"].first(where: { skipWord($0) }) {
            if let seen, seen != word { throw problem("AND and OR without parentheses") }
            seen = word
            let (part, isNegation) = try negation()
            isNegated = isNegated || isNegation
            parts.append(part)
        }
        if isNegated, seen == "OR" { throw problem("OR and NOT without parentheses") }
        return parts.count == 1 ? first : seen == "OR" ? .any(parts) : .all(parts)
    }

    private mutating func negation() throws(Problem) -> (Expression, isNegation: Bool) {
        skipWord("NOT") ? (.not(try clause()), true) : (try clause(), false)
    }

    private mutating func clause() throws(Problem) -> Expression {
        if skip("(") {
            depth += 1
            guard depth <= Self.maximumDepth else {
                throw problem("more than \(Self.maximumDepth) parentheses are open")
            }
            let expression = try expression()
            guard skip(")") else { throw problem("')' is missing") }
            depth -= 1
            return expression
        }
        let field = try word()
        guard !field.isEmpty else { throw problem("a field is expected") }
        guard offset < text.count, text[offset] == ":" else { throw problem("a word without a field") }
        guard PackInspection.isFieldName(field) else { throw problem("no name of a field: \(field)") }
        offset += 1
        let term = try term(of: field)
        skipSpaces()
        return .term(term)
    }

    // MARK: Values

    private mutating func term(of field: String) throws(Problem) -> Term {
        guard field != "_exists_" else {
            let name = try word()
            guard PackInspection.isFieldName(name) else { throw problem("the name of a field is expected") }
            return Term(field: name, kind: .exists)
        }
        let kind: Term.Kind
        switch offset < text.count ? text[offset] : " " {
        case "(": kind = .values(try alternatives())
        case "[", "{": kind = try interval()
        case "<": kind = .range(lower: nil, upper: try bound())
        case ">": kind = .range(lower: try bound(), upper: nil)
        default:
            let value = try single()
            kind = value == "*" ? .exists : .values([value])
        }
        return Term(field: field, kind: kind)
    }

    /// `(a OR b)`: no field has two values at once, so that nothing else means anything.
    private mutating func alternatives() throws(Problem) -> [String] {
        offset += 1
        var values: [String] = []
        repeat {
            skipSpaces()
            values.append(try single())
        } while skipWord("OR")
        guard skip(")") else { throw problem("')' is missing") }
        return values
    }

    /// What follows `<`, `<=`, `>` or `>=`.
    private mutating func bound() throws(Problem) -> Term.Bound {
        offset += 1
        let isIncluded = offset < text.count && text[offset] == "="
        if isIncluded { offset += 1 }
        return Term.Bound(text: try single(), isIncluded: isIncluded)
    }

    private mutating func interval() throws(Problem) -> Term.Kind {
        let isLowerIncluded = text[offset] == "["
        offset += 1
        skipSpaces()
        let lower = try single()
        skipSpaces()
        guard skipWord("TO") else { throw problem("TO is expected") }
        let upper = try single()
        skipSpaces()
        let isUpperIncluded = skip("]")
        guard isUpperIncluded || skip("}") else { throw problem("']' is missing") }
        func end(_ text: String, _ isIncluded: Bool) -> Term.Bound? {
            text == "*" ? nil : Term.Bound(text: text, isIncluded: isIncluded)
        }
        return .range(lower: end(lower, isLowerIncluded), upper: end(upper, isUpperIncluded))
    }

    private mutating func single() throws(Problem) -> String {
        guard offset < text.count, text[offset] == "\"" else {
            let word = try word()
            guard !word.isEmpty else { throw problem("a value is expected") }
            guard !["AND", "OR", "NOT", "TO"].contains(word) else { throw problem("\(word) is no value") }
            return word
        }
        offset += 1
        var phrase = ""
        while offset < text.count {
            let character = text[offset]
            offset += 1
            if character == "\"" { return phrase }
            if character == "\\", offset < text.count {
                phrase.unicodeScalars.append(text[offset])
                offset += 1
            } else {
                phrase.unicodeScalars.append(character)
            }
        }
        throw problem("'\"' is missing")
    }

    /// A run of characters without a meaning of their own, or with a backslash before them.
    private mutating func word() throws(Problem) -> String {
        var word = ""
        while offset < text.count, !" :()[]{}\"".unicodeScalars.contains(text[offset]) {
            switch text[offset] {
            case "\\":
                offset += 1
                guard offset < text.count else { throw problem("nothing follows the backslash") }
            case "+", "!", "^", "~", "/", "&", "|", "<", ">", "=":
                throw problem("'\(text[offset])' needs a backslash")
            case "-" where word.isEmpty: throw problem("'-' needs a backslash")
            default: break
            }
            word.unicodeScalars.append(text[offset])
            offset += 1
        }
        return word
    }

    // MARK: Characters

    private mutating func skipSpaces() {
        while offset < text.count, text[offset] == " " { offset += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard offset < text.count, text[offset] == character else { return false }
        offset += 1
        skipSpaces()
        return true
    }

    /// Skips a word that stands alone.
    private mutating func skipWord(_ word: String) -> Bool {
        skipSpaces()
        let end = offset + word.unicodeScalars.count
        guard end < text.count, text[offset..<end].elementsEqual(word.unicodeScalars),
            " (".unicodeScalars.contains(text[end])
        else { return false }
        offset = end
        skipSpaces()
        return true
    }
}
