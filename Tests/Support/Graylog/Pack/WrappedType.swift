// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// The type of a wrapped value: `@type`, and which JSON values `@value` may be.
///
/// Source: `ValueType`, `ValueReference` and `ReferenceConverter`. A `float` is none of those that can be used: the JSON
/// reader knows only doubles.
enum WrappedType: String, Sendable {
    case string, boolean, integer, long, double

    /// Whether the value is of that type, to the letter: `50` is no double.
    func takes(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.string, .string), (.boolean, .boolean), (.long, .integer), (.double, .decimal): true
        case (.integer, .integer(let number)): Int32(exactly: number) != nil
        default: false
        }
    }
}
