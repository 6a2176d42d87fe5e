// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One thing that a content pack makes in Graylog: an input, a stream, a notification, an event definition, a dashboard.
struct PackEntity: Hashable, Sendable {
    /// The oldest Graylog that knows every key of these entities.
    static let oldestGraylog = "5.2.0"

    /// The kind, with the version of its format that Graylog reads.
    enum Kind: String, Hashable, Sendable {
        case input
        case stream
        case notification
        case eventDefinition = "event_definition"
        case dashboard

        /// `dashboard/1` is the format of Graylog before 3.2.
        var version: String { self == .dashboard ? "2" : "1" }
    }

    let kind: Kind
    let id: String
    let data: JSONTree

    var tree: JSONTree {
        [
            "v": "1",
            "type": ["name": .string(kind.rawValue), "version": .string(kind.version)],
            "id": .string(id),
            "data": data,
            "constraints": [["type": "server-version", "version": .string(">=" + Self.oldestGraylog)]],
        ]
    }
}

/// Values as a content pack wraps them where a parameter might stand (`ValueReference`).
extension JSONTree {
    static func wrapped(_ value: String) -> JSONTree {
        ["@type": "string", "@value": .string(value)]
    }

    static func wrapped(_ value: Int) -> JSONTree {
        ["@type": "integer", "@value": .integer(value)]
    }

    static func wrapped(_ value: Bool) -> JSONTree {
        ["@type": "boolean", "@value": .boolean(value)]
    }

    /// A text, an integer or a truth value.
    var wrapped: JSONTree {
        switch self {
        case .string(let text): .wrapped(text)
        case .integer(let number): .wrapped(number)
        case .boolean(let value): .wrapped(value)
        default: self
        }
    }

    static func strings(_ values: [String]) -> JSONTree {
        .array(values.map(JSONTree.string))
    }
}
