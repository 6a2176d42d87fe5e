// SPDX-License-Identifier: Apache-2.0

/// What became of one received frame.
package enum ReceivedMessage: Hashable, Sendable {
    case stored(StoredMessage)
    /// Graylog would drop it, only a line in its log says so. `frame` is the beginning of what was sent.
    case dropped(reason: String, frame: String)

    /// How much of a dropped frame is kept, in bytes.
    package static let keptFrameLength = 200

    static func dropped(_ reason: String, _ frame: some Collection<UInt8>) -> ReceivedMessage {
        .dropped(reason: reason, frame: String(decoding: frame.prefix(keptFrameLength), as: UTF8.self))
    }

    /// The stored message, if it was stored.
    package var stored: StoredMessage? {
        if case .stored(let message) = self { message } else { nil }
    }

    /// Why it was dropped, if it was dropped.
    package var dropReason: String? {
        if case .dropped(let reason, _) = self { reason } else { nil }
    }

    /// One JSON object: `stored` with sorted fields, `warnings` and `dropped_fields`, or `dropped` and `frame`.
    package var json: JSONValue {
        switch self {
        case .stored(let message):
            var fields = JSONObject()
            for (name, value) in message.fields.sorted(by: { $0.key < $1.key }) { fields.set(name, to: value.json) }
            let droppedFields = message.droppedFields.map { field in
                JSONValue.object(["field": .string(field.name), "reason": .string(field.reason)])
            }
            return .object([
                "stored": .object(fields),
                "warnings": .array(message.warnings.map(JSONValue.string)),
                "dropped_fields": .array(droppedFields),
            ])
        case .dropped(let reason, let frame):
            return .object(["dropped": .string(reason), "frame": .string(frame)])
        }
    }

    /// The same, with the name of the input that it came on: `input`.
    package func json(on input: String) -> JSONValue {
        var members: JSONObject = ["input": .string(input)]
        guard case .object(let own) = json else { return .object(members) }
        for name in own.names { members.set(name, to: own[name] ?? .null) }
        return .object(members)
    }
}
