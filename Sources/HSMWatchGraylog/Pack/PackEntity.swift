// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One thing that a content pack makes in Graylog: an input, a stream, a notification, an event definition, a
/// dashboard.
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

/// Ids that a name always gets again, so that a second run gives the same content pack and a later one replaces it.
enum PackIdentity {
    /// A UUID of version 8, whose bits the application chooses (RFC 9562 section 5.8).
    static func uuid(of name: String) -> String {
        // 4 bits of version and 2 of variant stand at fixed places.
        let high = hash("uuid", name) & ~0xF000 | 0x8000
        let low = hash("diuu", name) & ~(0b11 << 62) | 0b10 << 62
        let digits = Array(digits(of: high) + digits(of: low))
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }

    /// 24 hexadecimal digits, as MongoDB names its documents: Graylog 7.0.0 installs no stream of another id.
    static func objectID(of name: String) -> String {
        digits(of: hash("object", name)) + digits(of: hash("tcejbo", name)).prefix(8)
    }

    /// 16 hexadecimal digits that tell one text from another.
    static func fingerprint(of text: String) -> String {
        digits(of: StableHash.of(text))
    }

    private static func hash(_ salt: String, _ name: String) -> UInt64 {
        StableHash.of("hsmwatch \(salt) \(name)")
    }

    private static func digits(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The stream of all messages of hsmwatch, for permissions, an index set of their own, and the alerts.
enum MessageStream {
    static let id = PackIdentity.objectID(of: "stream")

    /// By a field, not by the input: the id of an input changes with every installation.
    static var entity: PackEntity {
        PackEntity(
            kind: .stream, id: id,
            data: [
                "title": .wrapped("hsmwatch"),
                "description": .wrapped("Sockets of the payment HSMs, and hsmwatch itself"),
                "disabled": .wrapped(false),
                "matching_type": .wrapped("AND"),
                "stream_rules": [
                    [
                        "type": .wrapped("EXACT"),
                        "field": .wrapped("event_source"),
                        "value": .wrapped("hsmwatch"),
                        "inverted": .wrapped(false),
                        "description": .wrapped("Every message of hsmwatch"),
                    ]
                ],
                "alert_conditions": [],
                "alarm_callbacks": [],
                "outputs": [],
                "default_stream": .wrapped(false),
                "remove_matches": .wrapped(false),
            ])
    }
}
