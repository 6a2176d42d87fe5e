// SPDX-License-Identifier: Apache-2.0

/// A JSON value, with what Graylog tells apart: an integer is not a decimal, and an object has an order.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// A number without fraction and exponent; beyond 64 bits, its low 64 bits, as with Java's `longValue`.
    case integer(Int64)
    /// A number with a fraction or an exponent; infinite when it is too great.
    case decimal(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}
