// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A set of indices in which Graylog stores messages.
package struct IndexSet: Equatable, Sendable {
    /// Which one is meant.
    package enum Choice: Equatable, Sendable {
        /// The index set of streams without one of their own choice.
        case standard
        case id(GraylogID)

        /// Reads `default` or an id.
        package init(parsing text: String) throws(InvalidText) {
            self = text == Self.standardName ? .standard : .id(try GraylogID(parsing: text))
        }

        /// How the command line names the standard one.
        package static let standardName = "default"
    }

    package let id: GraylogID
    package let title: String
    package let isStandard: Bool

    package init(id: GraylogID, title: String, isStandard: Bool) {
        self.id = id
        self.title = title
        self.isStandard = isStandard
    }

    /// The one that is meant.
    ///
    /// - Throws: which there are.
    package static func choose(_ choice: Choice, among sets: [IndexSet]) throws(GraylogProblem) -> IndexSet {
        let chosen = sets.first { set in
            switch choice {
            case .standard: set.isStandard
            case .id(let id): set.id == id
            }
        }
        guard let chosen else {
            let names = sets.map { "\($0.id) (\($0.title.quoted)\($0.isStandard ? ", the default" : ""))" }
            throw GraylogProblem(
                "Graylog has no such index set, or the token's user may not see it (indexsets:read); allowed: "
                    + (names.isEmpty ? "none" : names.joined(separator: ", ")))
        }
        return chosen
    }
}

extension IndexSet: CustomStringConvertible {
    package var description: String { "index set \(title.quoted)" }
}

/// Fixing the types of hsmwatch's numbers in an index set.
///
/// Without it the first document of each index decides, which may be another program's: an integer that comes first
/// makes a field of decimals one of integers, for as long as that index lives. GELF's own fields are everybody's, and
/// stay as they are.
package enum FieldPinning {
    /// The requests, one field each.
    package static func requests(for indexSet: IndexSet) -> [RESTRequest] {
        MessageField.numeric.map { .pin($0, in: indexSet.id) }
    }

    /// `latency_ms double, resent long, …`
    package static var types: String {
        MessageField.numeric.map { "\($0.name) \($0.kind.indexType)" }.joined(separator: ", ")
    }

    /// What should be known before, a sentence each.
    package static func notes(for indexSet: IndexSet, isRotated: Bool) -> [String] {
        [
            "another program's text in a field of one of these names makes Graylog refuse the whole message, in every "
                + "stream of \(indexSet); an index set of hsmwatch's own avoids that",
            isRotated
                ? "the types count from the new index on; what is stored already keeps its own"
                : "the types count from the set's next index on; --rotate begins one at once",
        ]
    }

    /// - Throws: when this Graylog cannot do it.
    package static func check(_ version: GraylogRelease) throws(GraylogProblem) {
        guard version >= .oldest else {
            throw GraylogProblem(
                "Graylog \(version) cannot fix the types of fields; needed: \(GraylogRelease.oldest) or later")
        }
    }
}

extension MessageField.Kind {
    /// What Graylog calls it for an index.
    var indexType: String {
        switch self {
        case .text: "string"
        case .integer: "long"
        case .decimal: "double"
        }
    }
}
