// SPDX-License-Identifier: Apache-2.0

/// An event as Graylog will get it, but for the identity that the spool gives it.
package struct Message: Hashable, Sendable {
    /// Bytes that no finished message exceeds, whatever an HSM, a resolver or a configuration says. Graylog takes
    /// 2,097,152.
    package static let longest = 256 * 1024

    package let kind: Event.Kind
    /// When the event happened.
    package let timestamp: Timestamp
    /// One flat JSON object in UTF-8 without its closing brace, and without a NUL byte.
    package let body: [UInt8]

    package init(kind: Event.Kind, timestamp: Timestamp, body: [UInt8]) {
        self.kind = kind
        self.timestamp = timestamp
        self.body = body
    }

    /// The finished JSON object. `instance` is the spool's identity, `sequence` the message's number in it; together
    /// they make a duplicate recognisable.
    package func numbered(instance: String, sequence: Int) -> [UInt8] {
        var json = JSONWriter(continuing: body)
        json.string("_instance", instance)
        json.integer("_sequence", sequence)
        return json.closed()
    }
}

/// A field that hsmwatch's own messages have, as Graylog stores it: without the leading `_`.
///
/// The table holds what the contract's section 7 promises; a field keeps its type forever.
package struct MessageField: Hashable, Sendable {
    /// What a field holds.
    package enum Kind: String, CaseIterable, Sendable {
        case text
        case integer
        /// Always written with its decimals.
        case decimal
    }

    package let name: String
    package let kind: Kind

    /// Every field, sorted by name. GELF's own are not among them, nor those that a configuration adds.
    package static let all = (texts + integers + decimals).sorted { $0.name < $1.name }

    /// Those with a number.
    package static let numeric = all.filter { $0.kind != .text }

    private static let texts = fields(
        .text,
        [
            "action", "endpoint", "event_source", "event_type", "failure", "failure_detail", "hsm", "hsm_address",
            "hsm_host", "hsm_name", "instance", "next_step", "output", "previous_state", "reason", "reply", "state",
        ])

    private static let integers = fields(
        .integer,
        [
            "critical_seconds", "dropped", "exhaustion_seconds", "hsm_error_code", "hsm_port", "hsms_overdue",
            "hsms_total",
            "outage_seconds", "probes", "probes_failed", "probes_skipped", "query_port", "resent", "sequence",
            "sockets_available", "sockets_consumed", "sockets_total", "spooled", "state_seconds", "threshold_critical",
            "threshold_warning", "uptime_seconds", "waiting",
        ] + HSMState.allCases.map { "hsms_" + $0.rawValue })

    private static let decimals = fields(.decimal, ["latency_ms", "sockets_consumed_percent"])

    private static func fields(_ kind: Kind, _ names: [String]) -> [MessageField] {
        names.map { MessageField(name: $0, kind: kind) }
    }
}

/// Cuts messages into the datagrams of GELF over UDP: one when it fits, else chunks.
///
/// A chunk is 12 bytes, the magic `1e 0f`, the message's id, the chunk's number and their count, and a part of the
/// message. Graylog joins chunks with the same id, from any sender.
package struct GELFChunks: Sendable {
    /// Chunks of a message at the most; Graylog discards the whole message when a 129th comes.
    package static let limit = 128
    /// Bytes of a chunk's header.
    package static let headerLength = 12

    private static let magic: [UInt8] = [0x1E, 0x0F]

    /// Bytes of a datagram at the most.
    private let datagramSize: Int

    /// - Parameter datagramSize: within `ConfigurationLimits.datagramSize`.
    package init(datagramSize: Int) {
        self.datagramSize = datagramSize
    }

    /// Bytes of the longest message that can be sent.
    package var longestMessage: Int { Self.limit * (datagramSize - Self.headerLength) }

    /// The datagrams of one message; nil when it is longer than `longestMessage`.
    ///
    /// - Parameter id: 64 bits that no message of any sender has had in the last 5 s.
    package func datagrams(of message: [UInt8], id: UInt64) -> [[UInt8]]? {
        guard message.count > datagramSize else { return [message] }
        guard message.count <= longestMessage else { return nil }
        let partLength = datagramSize - Self.headerLength
        let count = (message.count + partLength - 1) / partLength
        let idBytes = (0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * $0)) }
        return (0..<count).map { number in
            let header: [UInt8] = Self.magic + idBytes + [UInt8(number), UInt8(count)]
            return header + message[(number * partLength)..<min((number + 1) * partLength, message.count)]
        }
    }
}

/// What an HSM reads as a command: everything between `<` and `>`. One of them is a factory reset.
///
/// No message that hsmwatch sends may hold such a frame: its bytes could reach an HSM's command port by a wrong
/// address. JSON writes both brackets as escapes. Syslog has no escapes, so other brackets stand for them.
package enum CommandFrame {
    /// How a reply to `<1223#>` begins. An HSM knows no command of that number.
    private static let replyBeginning = "<2223#"

    /// The same JSON without a frame.
    ///
    /// hsmwatch 0.1.0 left the brackets as they are, and its spool may hold such messages. JSON has brackets only in
    /// strings, where an escape means the same.
    package static func escaping(json body: [UInt8]) -> [UInt8] {
        guard body.contains(where: isBracket) else { return body }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(body.count + 64)
        for byte in body {
            switch byte {
            case UInt8(ascii: "<"): escaped += "\\u003c".utf8
            case UInt8(ascii: ">"): escaped += "\\u003e".utf8
            default: escaped.append(byte)
            }
        }
        return escaped
    }

    /// JSON with brackets in place of their escapes, to be compared and not to be sent.
    package static func unescaping(_ json: String) -> String {
        json.replacing("\\u003c", with: "<").replacing("\\u003e", with: ">")
    }

    /// What stands for a bracket where there are no escapes; nil for any other scalar.
    static func substitute(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "<": "\u{2039}"
        case ">": "\u{203A}"
        default: nil
        }
    }

    /// Whether `text` is the reply to `<1223#>` with nothing but numbers: `<2223#50#64#14#>`. It may stand as it came,
    /// because extractors of the script that hsmwatch replaces match on it, and because it can be no command.
    static func isReply(_ text: String) -> Bool {
        text.hasPrefix(replyBeginning) && text.hasSuffix("#>")
            && text.utf8.dropFirst().dropLast().allSatisfy {
                $0 == UInt8(ascii: "#") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
    }
}
