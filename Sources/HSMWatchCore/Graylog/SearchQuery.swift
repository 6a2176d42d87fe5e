// SPDX-License-Identifier: Apache-2.0

/// Queries in Graylog's language, each for messages of hsmwatch alone.
enum SearchQuery {
    /// What every message of hsmwatch has, and no other.
    static let ours = "event_source:hsmwatch"

    /// Messages of these kinds that fulfil every clause.
    static func messages(_ kinds: Event.Kind..., where clauses: [String] = []) -> String {
        let names = kinds.map(\.name)
        let type = names.count == 1 ? names[0] : "(\(names.joined(separator: " OR ")))"
        return ([ours, "event_type:\(type)"] + clauses.filter { !$0.isEmpty }).joined(separator: " AND ")
    }

    /// Messages whose `field` has none of the numbers, or which have no such field; with no numbers, nothing is asked.
    static func unless(_ field: String, in numbers: [Int]) -> [String] {
        numbers.isEmpty ? [] : ["NOT \(field):(\(numbers.map(String.init).joined(separator: " OR ")))"]
    }

    /// Messages whose `field` is exactly this text. The text is one that a configuration allows: without control
    /// characters.
    static func phrase(_ field: String, _ text: String) -> String {
        let escaped = text.replacingScalars { $0 == "\"" || $0 == "\\" ? "\\\($0)" : nil }
        return "\(field):\"\(escaped)\""
    }
}
