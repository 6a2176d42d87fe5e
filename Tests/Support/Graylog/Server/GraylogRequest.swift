// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A request to Graylog's REST interface, as it came.
package struct GraylogRequest: Hashable, Sendable, CustomStringConvertible {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    package let method: String
    /// The path with everything before a question mark, as in `/api/system`.
    package let path: String
    /// What follows the question mark; empty without one.
    package let query: String
    /// The headers by their names in lower case; of a repeated one the last counts.
    package let headers: [String: String]
    package let body: [UInt8]

    package init(
        _ method: String, _ uri: String, headers: [String: String] = [:], body: [UInt8] = []
    ) {
        self.method = method
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        query = parts.count > 1 ? String(parts[1]) : ""
        self.headers = Dictionary(headers.map { ($0.lowercased(), $1) }) { _, last in last }
        self.body = body
    }

    /// The body as JSON; `nil` when it is none.
    package var json: JSONValue? {
        var parser = JSONParser(body)
        return try? parser.value()
    }

    package var description: String { "\(method) \(path)" }

    /// The parts of the path below `/api`; `nil` for a path that is not there.
    var route: [String]? {
        let parts = path.split(separator: "/").map { Self.decoded($0) }
        return parts.first == "api" ? Array(parts.dropFirst()) : nil
    }

    /// Replaces `%41` and its like.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
