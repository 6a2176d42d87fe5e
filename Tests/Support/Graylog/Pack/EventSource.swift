// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What `${source.FIELD}` can stand for in the fields of an event.
///
/// Source: `AggregationEventProcessor.eventsFromAggregationResult`, `TemplateFieldValueProvider`.
enum EventSource {
    /// A message that a filter found, with all its fields.
    case message
    /// A row of an aggregation: the fields that it is grouped by, and the computed ones, which no message has.
    case row(groups: Set<String>, computed: Set<String>)

    /// The source of the events of an event definition, by its `config`.
    init(_ config: JSONValue) {
        let series = config["series"]?.elements ?? []
        guard !series.isEmpty else {
            self = .message
            return
        }
        let computed = series.map { element in
            let function = element["type"]?.string ?? element["function"]?.string ?? ""
            let parts = ["aggregation_value", function.lowercased(), element["field"]?.string]
            return parts.compactMap { $0 }.joined(separator: "_")
        }
        self = .row(
            groups: Set((config["group_by"]?.elements ?? []).compactMap(\.string)),
            computed: Set(computed + ["aggregation_key"]))
    }

    /// Whether an event has a value for it.
    func has(_ field: String) -> Bool {
        switch self {
        case .message: true
        case .row(let groups, let computed): groups.contains(field) || computed.contains(field)
        }
    }

    /// Whether it is a message's field.
    func takesFromMessage(_ field: String) -> Bool {
        switch self {
        case .message: true
        case .row(_, let computed): !computed.contains(field)
        }
    }
}
