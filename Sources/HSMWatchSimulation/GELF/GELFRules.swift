// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Makes of one frame the message that Graylog would store, with every rule by which it drops one or cuts a field.
///
/// Source: `GelfDecoder` and `Message` of graylog2-server 7.1. What the index does comes after, in `IndexMapping`.
package struct GELFRules {
    private var message: StoredMessage

    /// Decodes a frame that `sender`, an IP address, sent and that came at the time `received`.
    ///
    /// - Parameter type: the kind of the input, of the GELF ones.
    package static func decode(
        _ frame: [UInt8], from sender: String, at received: Timestamp, over type: OutputKind = .gelfTCP
    ) -> ReceivedMessage {
        if isCompressed(frame) { return .dropped(compression(frame, over: type), frame) }
        let value: JSONValue
        let hasMore: Bool
        do {
            var parser = JSONParser(frame)
            value = try parser.value()
            hasMore = try parser.hasMore()
        } catch {
            return .dropped("invalid JSON: \(error)", frame)
        }
        if value == .null { return .dropped("invalid JSON: null", frame) }
        // An array or a number has no fields: it fails for want of a short_message.
        let members = if case .object(let members) = value { members } else { JSONObject() }
        if let reason = refusal(of: members) { return .dropped(reason, frame) }

        var rules = GELFRules(members, received)
        rules.takeStandardFields(members)
        for name in members.names { rules.takeAdditionalField(name, members[name] ?? .null) }
        if rules.message.fields["source"] == nil { rules.set("source", .string(sender)) }
        if hasMore { rules.warn("only the first JSON object of the frame is stored") }
        guard let text = rules.message.fields["message"], text != .string("") else {
            return .dropped("\"short_message\" is blank, and \"message\" does not stand in for it", frame)
        }
        return .stored(rules.message)
    }

    private init(_ members: JSONObject, _ received: Timestamp) {
        let seconds = members["timestamp"].flatMap(Self.seconds)
        message = StoredMessage(timestamp: received, fields: [:])
        if let seconds, !(seconds <= 0) {
            message.timestamp = Timestamp(milliseconds: Int64(saturating: (seconds * 1000 + 0.5).rounded(.down)))
        } else {
            warn("\"timestamp\" is missing or not positive: stored with the time of receipt")
        }
        if case .string? = members["timestamp"] { warn("\"timestamp\" is not a number") }
        if members["host"] == nil { warn("\"host\" is missing: stored with the sender's address") }
        set("timestamp", .string(message.timestamp.graylogText))
    }

    private mutating func set(_ name: String, _ value: FieldValue) {
        message.fields[name] = value
    }

    private mutating func warn(_ warning: String) {
        message.warnings.append(warning)
    }

    // MARK: Why a message is refused

    /// Whether the first bytes are those of gzip, zlib or a chunk, as in Graylog's `GELFMessage.Type`.
    private static func isCompressed(_ frame: [UInt8]) -> Bool {
        guard frame.count >= 2 else { return false }
        let start = Int(frame[0]) << 8 | Int(frame[1])
        let isZlib = frame[0] == 0x78 && start.isMultiple(of: 31)
        return start == 0x1F8B || start == 0x1E0F || isZlib
    }

    private static func compression(_ frame: [UInt8], over type: OutputKind) -> String {
        if type == .gelfTCP { return "compressed or chunked, which does not work over TCP" }
        if frame[0] == 0x1E { return "a chunk where a message should be" }
        return "compressed: Graylog would decode it, this receiver does not"
    }

    private static func refusal(of members: JSONObject) -> String? {
        if let host = members["host"] {
            guard case .string(let text) = host else { return "invalid \"host\": \(host.text)" }
            if text.isBlank { return "empty mandatory \"host\" field" }
        }
        let name = members["short_message"] == nil ? "message" : "short_message"
        guard let value = members[name] else { return "missing mandatory \"short_message\" or \"message\" field" }
        guard case .string(let text) = value else { return "invalid \"\(name)\": \(value.text)" }
        let isReplaced = name == "short_message" && members["message"]?.scalarText.isBlank == false
        return text.isBlank && !isReplaced ? "empty mandatory \"\(name)\" field" : nil
    }

    // MARK: Fields

    private mutating func takeStandardFields(_ members: JSONObject) {
        if case .string(let text)? = members["short_message"] { set("message", .string(text.trimmed)) }
        if case .string(let text)? = members["host"] { set("source", .string(text.trimmed)) }
        for name in ["full_message", "file", "facility"] {
            if let text = members[name]?.scalarText.trimmed, !text.isEmpty { set(name, .string(text)) }
        }
        if let line = members["line"].flatMap(Self.integer), line >= 0 { set("line", .long(line)) }
        if let level = members["level"].flatMap(Self.integer).map({ Int32(truncatingIfNeeded: $0) }), level >= 0 {
            set("level", .long(Int64(level)))
        }
    }

    /// Takes a member, with or without underscore, that no standard field was made of.
    private mutating func takeAdditionalField(_ sentName: String, _ value: JSONValue) {
        if ["version", "host", "short_message"].contains(sentName) { return }
        let isMarked = sentName.utf8.first == UInt8(ascii: "_") && sentName.utf8.count > 1
        let name = String(sentName.unicodeScalars.dropFirst(isMarked ? 1 : 0)).trimmed
        if Self.standardNames.contains(sentName), message.fields[name] != nil { return }
        do {
            set(name, try additionalField(name, value))
        } catch {
            message.droppedFields.append(StoredMessage.DroppedField(name: sentName, reason: error.reason))
        }
    }

    private struct Unstored: Error {
        let reason: String
    }

    private func additionalField(_ name: String, _ value: JSONValue) throws(Unstored) -> FieldValue {
        if ["short_message", "host"].contains(name) { throw Unstored(reason: "never stored under this name") }
        if message.fields[name] != nil { throw Unstored(reason: "the field \"\(name)\" is already set") }
        if let reason = FieldName.problem(name) { throw Unstored(reason: reason) }
        switch value {
        case .null: throw Unstored(reason: "null")
        case .boolean: throw Unstored(reason: "a boolean")
        case .integer(let number): return .long(number)
        case .decimal(let number): return .double(number)
        case .string(let text):
            guard !text.trimmed.isEmpty else { throw Unstored(reason: "a blank string") }
            return .string(text.trimmed)
        case .array, .object: return .string(value.text)
        }
    }

    /// The members of which Graylog makes fields of its own; not reported as dropped when it did.
    private static let standardNames: Set = ["timestamp", "full_message", "file", "facility", "line", "level"]

    // MARK: Numbers

    /// A number or a numeric string as seconds.
    private static func seconds(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .decimal(let number): number
        case .string(let text): decimal(text)
        default: nil
        }
    }

    /// A number or a numeric string, without its decimals.
    private static func integer(_ value: JSONValue) -> Int64? {
        switch value {
        case .integer(let number): number
        case .decimal(let number): Int64(saturating: number)
        case .string(let text): Int64(text.trimmed) ?? decimal(text).map { Int64(saturating: $0) }
        default: nil
        }
    }

    /// Reads digits with sign, point and exponent; Swift alone would also take `nan`, `inf` and hexadecimal.
    private static func decimal(_ text: String) -> Double? {
        let text = text.trimmed
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        return isPlain ? Double(text) : nil
    }
}

extension JSONValue {
    /// A scalar as text; nothing for an array or an object: Jackson's `asText`.
    fileprivate var scalarText: String {
        switch self {
        case .string(let text): text
        case .array, .object: ""
        case .null, .boolean, .integer, .decimal: text
        }
    }
}

extension Int64 {
    /// The number cut to an integer, or the nearest there is: Java's conversion, with 0 for not-a-number.
    fileprivate init(saturating number: Double) {
        if number.isNaN {
            self = 0
        } else {
            self = Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
        }
    }
}
