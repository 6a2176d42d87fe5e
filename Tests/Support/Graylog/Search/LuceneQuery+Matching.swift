// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// The search: which stored messages a query finds.
extension LuceneQuery {
    /// Whether Graylog finds a message with these fields.
    package func matches(_ fields: [String: FieldValue]) -> Bool {
        expression.matches(fields)
    }
}

extension LuceneQuery.Expression {
    fileprivate func matches(_ fields: [String: FieldValue]) -> Bool {
        switch self {
        case .term(let term): fields[term.field].map(term.matches) ?? false
        case .all(let parts): parts.allSatisfy { $0.matches(fields) }
        case .any(let parts): parts.contains { $0.matches(fields) }
        case .not(let part): !part.matches(fields)
        }
    }
}

extension LuceneQuery.Term {
    fileprivate func matches(_ value: FieldValue) -> Bool {
        switch kind {
        case .exists: return true
        case .values(let texts): return texts.contains { equals(value, $0) }
        case .range(let lower, let upper):
            guard let number = value.number else { return false }
            return (lower.map { $0.isBelow(number) } ?? true) && (upper.map { $0.isAbove(number) } ?? true)
        }
    }

    /// A keyword is compared as it is, a number by its value; `source` is analysed to lower case.
    private func equals(_ value: FieldValue, _ text: String) -> Bool {
        if let number = value.number { return number == Double(text) }
        guard case .string(let stored) = value else { return false }
        return field == "source"
            ? Self.fits(stored.lowercased()[...], text.lowercased()[...]) : Self.fits(stored[...], text[...])
    }

    /// `?` stands for one character, `*` for any number of them.
    private static func fits(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return fits(text, pattern.dropFirst()) || (!text.isEmpty && fits(text.dropFirst(), pattern))
        }
        return !text.isEmpty && (first == "?" || first == text.first) && fits(text.dropFirst(), pattern.dropFirst())
    }
}

extension LuceneQuery.Term.Bound {
    fileprivate func isBelow(_ number: Double) -> Bool {
        Double(text).map { isIncluded ? $0 <= number : $0 < number } ?? false
    }

    fileprivate func isAbove(_ number: Double) -> Bool {
        Double(text).map { isIncluded ? $0 >= number : $0 > number } ?? false
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
