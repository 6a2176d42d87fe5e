// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The field types of an index: the first document that has a field decides its type, and later ones must agree.
///
/// Source: `IndexMapping7` of graylog2-server and the rules of OpenSearch.
package struct IndexMapping: Sendable {
    private enum FieldType: String {
        case long = "an integer"
        case double = "a decimal"
        case keyword = "a string"
    }

    /// The longest string that a keyword field takes, in bytes of UTF-8: Lucene's longest term.
    package static let maximumKeywordLength = 32_766

    /// The most fields of an index: OpenSearch's `index.mapping.total_fields.limit`.
    package static let maximumFields = 1000

    /// Fields with a type of their own, for which no document decides it.
    private static let explicit: Set = ["message", "full_message", "timestamp"]

    /// Fields of the index itself: OpenSearch rejects a document that has one ("is a metadata field and cannot be added
    /// inside a document"). A message gets there with a dot in the name: Graylog checks names before it replaces dots.
    private static let metadata: Set = [
        "_data_stream_timestamp", "_doc_count", "_field_names", "_id", "_ignored", "_index", "_nested_path",
        "_primary_term", "_routing", "_seq_no", "_size", "_source", "_type", "_version",
    ]

    private var types: [String: FieldType] = ["source": .keyword]

    package init() {}

    /// Puts a decoded message into the index: stored with warnings, or dropped because the index rejects it.
    package mutating func index(_ message: StoredMessage, frame: [UInt8]) -> ReceivedMessage {
        var indexed = message
        renameDots(&indexed)
        var newTypes: [String: FieldType] = [:]
        for (name, value) in indexed.fields.sorted(by: { $0.key < $1.key }) where !Self.explicit.contains(name) {
            if Self.metadata.contains(name) {
                return .dropped("the index rejects \(name): a field of the index itself", frame)
            }
            if let reason = rejection(of: value) { return .dropped("the index rejects \(name): \(reason)", frame) }
            let type = type(of: value)
            guard let known = types[name] else {
                newTypes[name] = type
                continue
            }
            guard known != type else { continue }
            let change = "came as \(type.rawValue), but is \(known.rawValue) in the index"
            if known != .keyword, !isNumber(value) { return .dropped("the index rejects \(name): \(change)", frame) }
            indexed.warnings.append("\(name) \(change)")
        }
        guard types.count + newTypes.count <= Self.maximumFields else {
            return .dropped("the index rejects more than \(Self.maximumFields) different fields", frame)
        }
        types.merge(newTypes) { known, _ in known }
        return .stored(indexed)
    }

    /// Field names lose their dots; a field whose name is then taken is lost.
    private func renameDots(_ message: inout StoredMessage) {
        for name in message.fields.keys.filter({ $0.utf8.contains(UInt8(ascii: ".")) }).sorted() {
            let value = message.fields.removeValue(forKey: name)
            let newName = name.replacingScalars { $0 == "." ? "_" : nil }
            if message.fields[newName] == nil {
                message.fields[newName] = value
            } else {
                let reason = "the field \"\(newName)\" is already set"
                message.droppedFields.append(StoredMessage.DroppedField(name: name, reason: reason))
            }
        }
    }

    private func type(of value: FieldValue) -> FieldType {
        switch value {
        case .long: .long
        case .double: .double
        case .string: .keyword
        }
    }

    private func rejection(of value: FieldValue) -> String? {
        switch value {
        case .string(let text) where text.utf8.count > Self.maximumKeywordLength:
            "\(text.utf8.count) bytes, more than \(Self.maximumKeywordLength)"
        case .double(let number) where !number.isFinite: "not a finite number"
        default: nil
        }
    }

    /// Whether a number field takes the value, if need be by converting it.
    private func isNumber(_ value: FieldValue) -> Bool {
        if case .string(let text) = value { Double(text)?.isFinite ?? false } else { true }
    }
}
