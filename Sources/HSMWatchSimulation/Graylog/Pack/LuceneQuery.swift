// SPDX-License-Identifier: Apache-2.0

/// A query in Lucene's syntax, as far as a content pack needs it: `field:value`, `field:"two words"`,
/// `field:(a OR b)`, `_exists_:field`, `field:<5`, `field:[a TO b]`, `*`, with AND, OR, NOT and parentheses.
///
/// What Lucene takes but does not mean as it looks is a problem, too: two terms side by side (OR), a word without a
/// field (the default field), AND and OR mixed without parentheses (no precedence), OR before NOT (the NOT holds for all).
///
/// Source: Lucene's classic query parser and OpenSearch's `query_string`.
struct LuceneQuery: Hashable, Sendable {
    /// What a term says of a field.
    struct Term: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            /// One of these values, without their quotes and escapes; `*` and `?` are still in them.
            case values([String])
            /// That there is a value.
            case exists
            /// A value within bounds; `nil` is none.
            case range(lower: String?, upper: String?)
        }

        let field: String
        let kind: Kind
    }

    /// Why a text is no such query, and the character at which that shows, from 0.
    struct Problem: Error, Hashable, CustomStringConvertible {
        let reason: String
        let offset: Int

        var description: String { "\(reason) at character \(offset)" }
    }

    /// The terms, in order.
    private(set) var terms: [Term] = []

    private let text: [Character]
    private var offset = 0

    /// Reads a query. An empty one is one for everything.
    init(_ text: String) throws(Problem) {
        self.text = Array(text)
        skipSpaces()
        if offset == self.text.count || text.allSatisfy({ $0 == "*" || $0 == " " }) { return }
        try expression { query throws(Problem) in try query.clause() }
        if offset < self.text.count { throw problem("AND or OR is expected") }
    }

    private func problem(_ reason: String) -> Problem {
        Problem(reason: reason, offset: offset)
    }

    // MARK: Clauses

    /// Clauses with AND between them, or with OR.
    private mutating func expression(
        _ part: (inout LuceneQuery) throws(Problem) -> Void
    ) throws(Problem) {
        var seen: String?
        var isNegated = skipWord("NOT")
        try part(&self)
        while let word = ["AND", "OR"].first(where: { skipWord($0) }) {
            if let seen, seen != word { throw problem("AND and OR without parentheses") }
            seen = word
            isNegated = skipWord("NOT") || isNegated
            try part(&self)
        }
        if isNegated, seen == "OR" { throw problem("OR and NOT without parentheses") }
    }

    private mutating func clause() throws(Problem) {
        if skip("(") {
            try expression { query throws(Problem) in try query.clause() }
            guard skip(")") else { throw problem("')' is missing") }
            return
        }
        let field = try word()
        guard !field.isEmpty else { throw problem("a field is expected") }
        guard offset < text.count, text[offset] == ":" else { throw problem("a word without a field") }
        guard PackInspection.isFieldName(field) else { throw problem("no name of a field: \(field)") }
        offset += 1
        try value(of: field)
        skipSpaces()
    }

    // MARK: Values

    private mutating func value(of field: String) throws(Problem) {
        guard field != "_exists_" else {
            let name = try word()
            guard PackInspection.isFieldName(name) else { throw problem("the name of a field is expected") }
            return terms.append(Term(field: name, kind: .exists))
        }
        switch offset < text.count ? text[offset] : " " {
        case "(":
            offset += 1
            skipSpaces()
            terms.append(Term(field: field, kind: .values([])))
            try expression { query throws(Problem) in
                let value = try query.single()
                query.addValue(value)
                query.skipSpaces()
            }
            guard skip(")") else { throw problem("')' is missing") }
        case "[", "{": terms.append(Term(field: field, kind: try interval()))
        case "<": terms.append(Term(field: field, kind: .range(lower: nil, upper: try bound())))
        case ">": terms.append(Term(field: field, kind: .range(lower: try bound(), upper: nil)))
        default:
            let value = try single()
            terms.append(Term(field: field, kind: value == "*" ? .exists : .values([value])))
        }
    }

    private mutating func addValue(_ value: String) {
        guard let last = terms.popLast(), case .values(let values) = last.kind else { return }
        terms.append(Term(field: last.field, kind: .values(values + [value])))
    }

    /// What follows `<`, `<=`, `>` or `>=`.
    private mutating func bound() throws(Problem) -> String {
        offset += 1
        if offset < text.count, text[offset] == "=" { offset += 1 }
        return try single()
    }

    private mutating func interval() throws(Problem) -> Term.Kind {
        offset += 1
        skipSpaces()
        let lower = try single()
        skipSpaces()
        guard skipWord("TO") else { throw problem("TO is expected") }
        let upper = try single()
        skipSpaces()
        guard skip("]") || skip("}") else { throw problem("']' is missing") }
        return .range(lower: lower == "*" ? nil : lower, upper: upper == "*" ? nil : upper)
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
                phrase.append(text[offset])
                offset += 1
            } else {
                phrase.append(character)
            }
        }
        throw problem("'\"' is missing")
    }

    /// A run of characters without a meaning of their own, or with a backslash before them.
    private mutating func word() throws(Problem) -> String {
        var word = ""
        while offset < text.count, !" :()[]{}\"".contains(text[offset]) {
            switch text[offset] {
            case "\\":
                offset += 1
                guard offset < text.count else { throw problem("nothing follows the backslash") }
            case "+", "!", "^", "~", "/", "&", "|", "<", ">", "=":
                throw problem("'\(text[offset])' needs a backslash")
            case "-" where word.isEmpty: throw problem("'-' needs a backslash")
            default: break
            }
            word.append(text[offset])
            offset += 1
        }
        return word
    }

    // MARK: Characters

    private mutating func skipSpaces() {
        while offset < text.count, text[offset] == " " { offset += 1 }
    }

    private mutating func skip(_ character: Character) -> Bool {
        skipSpaces()
        guard offset < text.count, text[offset] == character else { return false }
        offset += 1
        skipSpaces()
        return true
    }

    /// Skips a word that stands alone.
    private mutating func skipWord(_ word: String) -> Bool {
        skipSpaces()
        let end = offset + word.count
        guard end < text.count, text[offset..<end].elementsEqual(word), " (".contains(text[end]) else { return false }
        offset = end
        skipSpaces()
        return true
    }
}
