// SPDX-License-Identifier: Apache-2.0

/// The value of a stored field, in one of the three types that Graylog stores.
package enum FieldValue: Hashable, Sendable {
    case long(Int64)
    case double(Double)
    case string(String)

    /// The value as text, escaped so that no terminal obeys it.
    var terminalText: String {
        switch self {
        case .long(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text.terminalText
        }
    }

    package var json: JSONValue {
        switch self {
        case .long(let number): .integer(number)
        case .double(let number): .decimal(number)
        case .string(let text): .string(text)
        }
    }
}
