// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// What holds of every message, wherever its texts come from.
enum MessageInvariants {
    private static let needed = [
        "version", "host", "short_message", "timestamp", "level", "_event_type", "_instance", "_sequence",
    ].map { Array($0.utf8)[...] }

    /// The message of an event, numbered as the spool does it.
    @discardableResult
    static func check(_ event: Event, source: String = "monitor-1") throws(Violation) -> [UInt8] {
        let message = MessageEncoder(source: source).encode(event).numbered(instance: "0f3c9a52d1e84b67", sequence: 1)
        try check(message)
        return message
    }

    /// One flat JSON object in UTF-8 of Graylog's types, short enough, without a raw control byte and so without a NUL.
    private static func check(_ message: [UInt8]) throws(Violation) {
        try require(message.count <= Message.longest, "\(message.count) bytes")
        try requirePlain(message)
        try require(!message.contains { "<>".utf8.contains($0) }, "an HSM could read a command: \(message)")
        guard let text = String(validating: message, as: UTF8.self) else { throw Violation("no UTF-8: \(message)") }
        guard let names = FlatObject.names(of: message) else { throw Violation("no flat object: \(text)") }
        let known = Set(names)
        try require(known.count == names.count, "a field is there twice: \(text)")
        try require(needed.allSatisfy(known.contains), "a field is missing: \(text)")
        let read = MessageReader.fields(of: message)
        try require(
            read?.map { Array($0.name.utf8) } == names.map { Array($0) }, "read back as \(String(describing: read))")
    }
}
