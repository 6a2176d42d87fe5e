// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A message as Graylog would store it.
package struct StoredMessage: Hashable, Sendable {
    /// A field that was sent but not stored.
    package struct DroppedField: Hashable, Sendable {
        /// The name as it was sent.
        package let name: String
        package let reason: String
    }

    /// When it happened; in `fields` as text.
    package internal(set) var timestamp: Timestamp
    /// The fields by the names under which Graylog stores them, `message`, `source` and `timestamp` among them.
    ///
    /// Without the `_id` and the `gl2_…` fields that a server makes up.
    package internal(set) var fields: [String: FieldValue]
    /// What was stored, though not as the sender may think.
    package internal(set) var warnings: [String] = []
    package internal(set) var droppedFields: [DroppedField] = []

    /// The string field `name`; `nil` when there is none or it is not a string.
    package func string(_ name: String) -> String? {
        if case .string(let text)? = fields[name] { text } else { nil }
    }

    /// The integer field `name`; `nil` when there is none or it is not an integer.
    package func integer(_ name: String) -> Int? {
        if case .long(let number)? = fields[name] { Int(number) } else { nil }
    }

    /// The decimal field `name`; `nil` when there is none or it is not a decimal.
    package func decimal(_ name: String) -> Double? {
        if case .double(let number)? = fields[name] { number } else { nil }
    }
}
