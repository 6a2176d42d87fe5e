// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// An event definition of a content pack, as Graylog's event processor applies it: what it finds in a window of time, by
/// groups, and whether its condition holds.
///
/// Source: `PivotAggregationSearch` and `AggregationEventProcessor` of graylog2-server 5.2. Of the conditions only the
/// comparison of one series with a number is understood.
package struct AlertRule: Hashable, Sendable {
    /// Why an entity is not a rule that is understood.
    package struct Problem: Error, Hashable {
        package let reason: String
    }

    /// An event that Graylog would create.
    package struct RaisedAlert: Hashable, Sendable {
        package let title: String
        /// The values of the fields by which it is one of its own.
        package let group: [String]
        package let value: Double
        /// The event's fields, their templates filled in.
        package let fields: [String: String]
    }

    /// Of a value with a number.
    private enum Comparison: String {
        case below = "<"
        case above = ">"
        case atMost = "<="
        case atLeast = ">="

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .below: left < right
            case .above: left > right
            case .atMost: left <= right
            case .atLeast: left >= right
            }
        }
    }

    package let title: String
    package let query: LuceneQuery
    package let group: [String]
    /// `min`, `count`, …
    package let function: String
    package let field: String?
    private let comparison: Comparison
    private let number: Double
    /// How far back it looks.
    package let window: Duration
    /// The templates of the event's fields.
    private let templates: [String: String]

    /// The rules of a pack.
    package static func rules(of pack: JSONValue) throws -> [AlertRule] {
        let entities = pack["entities"]?.elements ?? []
        return try entities.filter { $0["type"]?["name"] == "event_definition" }.map(AlertRule.init)
    }

    private init(_ entity: JSONValue) throws {
        guard let data = entity["data"], let title = data["title"]?["@value"]?.string, let config = data["config"],
            let query = config["query"]?["@value"]?.string, let series = config["series"]?.elements.first,
            let function = series["function"]?.string, let expression = config["conditions"]?["expression"],
            let comparison = expression["expr"]?.string.flatMap(Comparison.init),
            expression["left"]?["ref"] == series["id"], case .decimal(let number)? = expression["right"]?["value"],
            let milliseconds = config["search_within_ms"]?.integer, let specification = data["field_spec"]
        else { throw Problem(reason: "an event definition of another shape") }
        self.title = title
        self.query = try LuceneQuery(query)
        self.function = function
        self.comparison = comparison
        self.number = number
        group = (config["group_by"]?.elements ?? []).compactMap(\.string)
        field = series["field"]?.string
        window = .milliseconds(milliseconds)
        templates = specification.names.reduce(into: [:]) { templates, name in
            templates[name] = specification[name]?["providers"]?.elements.first?["template"]?.string
        }
    }

    /// The events that Graylog would create when it looks at `now`, in the order of their groups.
    package func alerts(in messages: [StoredMessage], at now: Timestamp) -> [RaisedAlert] {
        let begin = now.milliseconds - Int64(window.wholeMilliseconds)
        let found = messages.filter {
            (begin..<now.milliseconds).contains($0.timestamp.milliseconds) && query.matches($0.fields)
        }
        // Without groups there is a row even if nothing was found; a message without a field of the group is in none.
        let rows: [([String], [StoredMessage])] =
            group.isEmpty
            ? [([], found)]
            : Dictionary(grouping: found) { message in group.compactMap { message.fields[$0]?.text } }
                .filter { $0.key.count == group.count }.sorted { $0.key.joined() < $1.key.joined() }
        return rows.compactMap { key, messages in
            guard let value = value(of: messages), comparison.holds(value, number) else { return nil }
            return RaisedAlert(title: title, group: key, value: value, fields: fields(key, value))
        }
    }

    /// Nil, for which no condition holds, where the function has nothing to work on.
    private func value(of messages: [StoredMessage]) -> Double? {
        let numbers = messages.compactMap { $0.fields[field ?? ""]?.number }
        return switch function {
        case "count": Double(field == nil ? messages.count : messages.count { $0.fields[field ?? ""] != nil })
        case "card": Double(Set(messages.compactMap { $0.fields[field ?? ""] }).count)
        case "min": numbers.min()
        case "max": numbers.max()
        case "sum": numbers.reduce(0, +)
        default: nil
        }
    }

    private func fields(_ key: [String], _ value: Double) -> [String: String] {
        let name = (["aggregation_value", function] + (field.map { [$0] } ?? [])).joined(separator: "_")
        var source = Dictionary(uniqueKeysWithValues: zip(group, key))
        source[name] = "\(value)"
        return templates.mapValues { template in
            source.reduce(template) { text, known in
                text.split(separator: "${source.\(known.key)}", omittingEmptySubsequences: false)
                    .joined(separator: known.value)
            }
        }
    }
}

extension FieldValue {
    /// As a group's key has it.
    fileprivate var text: String {
        switch self {
        case .long(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text
        }
    }
}
