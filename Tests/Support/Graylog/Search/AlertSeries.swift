// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What Graylog computes of the messages of each group, and the condition on it.
struct AlertSeries: Hashable, Sendable {
    /// A group for which the condition holds.
    struct Row {
        let group: [String]
        /// What `${source.…}` stands for.
        let source: JSONValue
        /// The oldest first.
        let messages: [StoredMessage]
    }

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

    private let function: String
    private let field: String?
    private let comparison: Comparison
    private let number: Double

    init(_ series: JSONValue, _ expression: JSONValue) throws {
        guard let function = series["function"]?.string,
            let comparison = expression["expr"]?.string.flatMap(Comparison.init),
            expression["left"]?["ref"] == series["id"], case .decimal(let number)? = expression["right"]?["value"]
        else { throw AlertRule.Problem(reason: "a condition of another shape") }
        self.function = function
        self.comparison = comparison
        self.number = number
        field = series["field"]?.string
    }

    /// The groups for which the condition holds. Without fields all messages are one group, even if there are none; a message
    /// without one of the fields is in no group.
    func rows(of messages: [StoredMessage], by fields: [String]) -> [Row] {
        let groups: [([String], [StoredMessage])] =
            fields.isEmpty
            ? [([], messages)]
            : Dictionary(grouping: messages) { message in fields.compactMap { message.fields[$0]?.text } }
                .filter { $0.key.count == fields.count }.sorted { $0.key.joined() < $1.key.joined() }
        return groups.compactMap { group, messages in
            guard let value = value(of: messages), comparison.holds(value, number) else { return nil }
            var source = JSONObject()
            for (field, text) in zip(fields, group) { source.set(field, to: .string(text)) }
            // Every computed number is a double: `40.0`.
            source.set(name, to: .decimal(value))
            return Row(group: group, source: .object(source), messages: messages)
        }
    }

    private var name: String {
        (["aggregation_value", function] + (field.map { [$0] } ?? [])).joined(separator: "_")
    }

    /// Nil, for which no condition holds, where the function has nothing to work on. A number that is stored as a text is
    /// nothing to `min`.
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
