// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object, in the order of their first appearance; of a repeated name the last value counts.
package struct JSONObject: Hashable, Sendable {
    /// The names, in order.
    package private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    package init() {}

    package subscript(name: String) -> JSONValue? {
        values[name]
    }

    package mutating func set(_ name: String, to value: JSONValue) {
        if values.updateValue(value, forKey: name) == nil { names.append(name) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        for (name, value) in members { set(name, to: value) }
    }
}
