// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A place of a content pack that names a message field.
package struct PackFieldUse: Hashable, Sendable, CustomStringConvertible {
    /// What it is named for.
    package enum Use: Hashable, Sendable {
        /// A query looks for one of these values; `*` and `?` in them stand for any characters.
        case query([String])
        /// A query or a rule of a stream looks whether it is there.
        case exists
        /// A query looks for a value within bounds, or a rule of a stream does.
        case range(lower: String?, upper: String?)
        /// A rule of a stream wants this value.
        case rule(String)
        /// A function of it is computed, as in `min`.
        case function(String)
        /// Messages are grouped by it.
        case group
        /// They are sorted by it.
        case sort
        /// It is put into a text.
        case template
        /// It is a column of a list of messages.
        case column
        /// Its values are coloured.
        case highlighting
    }

    /// Where, as in `entities[3].data.config.series[0].field`.
    package let path: String
    /// The field's name as Graylog stores it, without the underscore of GELF.
    package let field: String
    package let use: Use

    /// Whether only a field of numbers can be used so: `min`, but not `card`.
    package var needsNumber: Bool {
        switch use {
        case .function(let name): PackFunction.numeric.contains(name)
        case .range(let lower, let upper): [lower, upper].compactMap { $0 }.allSatisfy { Double($0) != nil }
        case .query, .exists, .rule, .group, .sort, .template, .column, .highlighting: false
        }
    }

    package var description: String { "\(path): \(field) (\(use))" }
}
