// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A query in Lucene's syntax, as far as a content pack needs it: `field:value`, `field:"two words"`,
/// `field:(a OR b)`, `_exists_:field`, `field:<5`, `field:[a TO b]`, `*`, with AND, OR, NOT and parentheses.
///
/// What Lucene takes but does not mean as it looks is a problem, too: two terms side by side (OR), a word without a
/// field (the default field), AND and OR mixed without parentheses (no precedence), OR before NOT (the NOT holds for all).
///
/// Source: Lucene's classic query parser and OpenSearch's `query_string`.
package struct LuceneQuery: Hashable, Sendable {
    /// What a term says of a field.
    package struct Term: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            /// One of these values, without their quotes and escapes; `*` and `?` are still in them.
            case values([String])
            /// That there is a value.
            case exists
            /// A value within bounds; `nil` is none.
            case range(lower: Bound?, upper: Bound?)
        }

        /// An end of a range.
        package struct Bound: Hashable, Sendable {
            let text: String
            /// Whether it belongs to the range itself.
            let isIncluded: Bool
        }

        let field: String
        let kind: Kind
    }

    /// How terms are combined.
    indirect enum Expression: Hashable, Sendable {
        case term(Term)
        case all([Expression])
        case any([Expression])
        case not(Expression)

        var terms: [Term] {
            switch self {
            case .term(let term): [term]
            case .all(let parts), .any(let parts): parts.flatMap(\.terms)
            case .not(let part): part.terms
            }
        }
    }

    /// Why a text is no such query, and the character at which that shows, from 0.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let reason: String
        package let offset: Int

        package var description: String { "\(reason) at character \(offset)" }
    }

    /// Nothing in it is wanted of a message by a query for everything.
    let expression: Expression

    /// The terms, in order.
    package var terms: [Term] { expression.terms }

    /// Reads a query. An empty one is one for everything.
    package init(_ text: String) throws(Problem) {
        var reader = LuceneReader(text)
        expression = try reader.query()
    }
}
