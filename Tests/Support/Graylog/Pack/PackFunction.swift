// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A function of an aggregation, as it is written in a widget: `min(celsius)`, `count()`, `percentile(celsius,95.0)`.
struct PackFunction: Hashable {
    let name: String
    /// The message field that it is of; `nil` for one of messages.
    let field: String?
    /// What follows the field, as in `95.0`.
    let argument: String?

    /// The functions that need numbers. The others count messages or values, or take the newest of any kind.
    ///
    /// Source: OpenSearch, which refuses these for a field mapped as keyword.
    static let numeric: Set = ["min", "max", "avg", "sum", "percentile", "stddev", "variance", "sumofsquares"]

    /// Reads a widget's function; `nil` when it is none.
    init?(_ text: String) {
        guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
        name = String(text[..<open])
        let inside = text[text.index(after: open)...].dropLast().split(separator: ",", maxSplits: 1)
        field = inside.first.map { String($0) }
        argument = inside.count > 1 ? String(inside[1]) : nil
    }

    /// The function of a series of a search or of an event definition.
    init(_ type: String, _ members: JSONObject) {
        name = type
        field = members["field"]?.string
        argument =
            switch members["percentile"] ?? members["strategy"] {
            case .decimal(let number)?: "\(number)"
            case .integer(let number)?: "\(Double(number))"
            case .string(let text)?: text
            default: nil
            }
    }

    /// The function as Graylog writes it.
    var text: String {
        "\(name)(\([field, argument].compactMap { $0 }.joined(separator: ",")))"
    }

    var needsNumber: Bool { Self.numeric.contains(name) }
}
