// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

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

/// Which names a field may have. Source: `Message` of graylog2-server.
enum FieldName {
    /// Names that the index needs for itself.
    private static let reserved: Set = ["_id", "_ttl", "_source", "_all", "_index", "_type", "_score"]

    /// Why a field with this name is not stored; `nil` when it is.
    static func problem(_ name: String) -> String? {
        if reserved.contains(name) { return "reserved name" }
        return name.utf8.allSatisfy(isAllowed) ? nil : "a name may have only letters, digits and . @ _ -"
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "@", "_", "-": true
        default: false
        }
    }
}

extension String {
    /// The text without blanks and control characters at its ends: Java's `trim`.
    var trimmed: String {
        let isKept: (Unicode.Scalar) -> Bool = { $0.value > 0x20 }
        guard let first = unicodeScalars.firstIndex(where: isKept), let last = unicodeScalars.lastIndex(where: isKept)
        else { return "" }
        return String(unicodeScalars[first...last])
    }

    /// Whether it has nothing but white space.
    var isBlank: Bool {
        unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}

/// A received message as one line for a person: time, level, kind, source, message and the fields that matter.
///
/// Nothing that came from the network reaches the terminal unescaped.
package struct MessageLine: Sendable {
    /// The most characters shown of one value.
    package static let valueLimit = 200

    /// Spaces before the rest of a line that is broken: few enough for a reading to fit two lines of 80 columns.
    package static let indent = 8

    /// Whether to colour the line with ANSI sequences.
    private let isColoured: Bool

    package init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    /// - Parameter input: the name of the input that it came on, which begins the line; with one input, `nil`.
    package func text(for received: ReceivedMessage, on input: String? = nil) -> String {
        let start = input.map { paint($0, .dim) + " " } ?? ""
        return start + text(received)
    }

    // MARK: Parts

    private func text(_ received: ReceivedMessage) -> String {
        switch received {
        case .stored(let message):
            return ([head(of: message)] + fields(of: message) + remarks(on: message)).joined(separator: " ")
        case .dropped(let reason, let frame):
            return paint("DROPPED \(reason.terminalText)", .red) + " " + paint(cut(frame.terminalText), .dim)
        }
    }

    private func head(of message: StoredMessage) -> String {
        let time = message.timestamp.graylogText.split(separator: " ").last.map { "\($0)Z" } ?? ""
        let level = Self.level(message.fields["level"])
        let kind = message.fields["event_type"].map { padded($0.terminalText, Self.kindWidth) + " " } ?? ""
        let source = message.fields["source"]?.terminalText ?? ""
        let text = message.fields["message"]?.terminalText ?? ""
        return paint(time, .dim) + " " + paint(padded(level.name, Self.levelWidth), level.colour)
            + " \(kind)\(cut(source)) " + paint(cut(text), level.colour)
    }

    /// The fields of ours that say more than the message; all fields of a message that is not ours.
    private func fields(of message: StoredMessage) -> [String] {
        let isOurs = message.string("event_source") == "hsmwatch"
        let names =
            isOurs
            ? Self.shownFields[message.string("event_type") ?? ""] ?? []
            : message.fields.keys.filter { !Self.headFields.contains($0) }.sorted()
        return names.compactMap { name in
            message.fields[name].map { paint("\(name)=", .dim) + cut($0.terminalText) }
        }
    }

    private func remarks(on message: StoredMessage) -> [String] {
        message.droppedFields.map { paint("lost \($0.name.terminalText): \($0.reason.terminalText)", .red) }
            + message.warnings.map { paint("(\($0.terminalText))", .yellow) }
    }

    /// Fields that the beginning of the line shows already.
    private static let headFields: Set = ["timestamp", "level", "event_type", "source", "message"]

    /// Fields of hsmwatch's messages that the message itself does not tell, for each `event_type`.
    private static let shownFields = [
        "reading": ["hsm_name", "state"],
        "probe_failure": ["failure", "state"],
        "service": ["action"],
    ]

    private static let levelWidth = 7
    private static let kindWidth = 13

    /// Syslog's names; a level that is not 0…7 is shown as it is.
    private static func level(_ value: FieldValue?) -> (name: String, colour: TerminalColour) {
        switch value {
        case .long(0)?: ("emerg", .red)
        case .long(1)?: ("alert", .red)
        case .long(2)?: ("crit", .red)
        case .long(3)?: ("error", .red)
        case .long(4)?: ("warning", .yellow)
        case .long(5)?: ("notice", .cyan)
        case .long(6)?: ("info", .green)
        case .long(7)?: ("debug", .dim)
        case let other?: (other.terminalText, .dim)
        case nil: ("-", .dim)
        }
    }

    // MARK: Words

    private func paint(_ text: String, _ colour: TerminalColour) -> String {
        isColoured ? colour.paint(text) : text
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func cut(_ text: String) -> String {
        text.count <= Self.valueLimit ? text : text.prefix(Self.valueLimit) + "…"
    }
}

/// A message as a receiver hands it out.
package struct Arrival: Hashable, Sendable {
    package let message: ReceivedMessage
    /// The number of the input it came on, from 0.
    package let input: Int
}

/// What a receiver has received and nobody has taken.
struct ArrivalQueue {
    private var waiting: CircularBuffer<(arrival: Arrival, byteCount: Int)> = []
    private var lentByteCount = 0

    /// The bytes of the frames that nobody has taken, with that of the message that is lent.
    private(set) var byteCount = 0

    /// The messages that wait.
    var count: Int { waiting.count }

    mutating func append(_ arrival: Arrival, byteCount: Int) {
        waiting.append((arrival, byteCount))
        self.byteCount += byteCount
    }

    /// The first message. It counts as taken only when it is given back, which a lent one must be before the next.
    mutating func lend() -> Arrival? {
        guard let first = waiting.popFirst() else { return nil }
        lentByteCount = first.byteCount
        return first.arrival
    }

    /// Whoever a message was lent to has done with it what was to be done.
    mutating func giveBack() {
        byteCount -= lentByteCount
        lentByteCount = 0
    }
}
