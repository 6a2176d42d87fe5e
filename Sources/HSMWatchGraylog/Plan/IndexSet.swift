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
