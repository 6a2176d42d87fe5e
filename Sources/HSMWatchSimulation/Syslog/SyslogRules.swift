// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Makes of one syslog message the message that Graylog would store, with every rule by which it drops one or cuts a
/// field.
///
/// Source: `SyslogCodec` and `Message` of graylog2-server 7.1, with the defaults of its configuration. The dialects of
/// Cisco and FortiGate, for which Graylog has parsers, are not read. What the index does comes after, in `IndexMapping`.
struct SyslogRules {
    private var message: StoredMessage

    /// Decodes a message that `sender`, an IP address, sent and that came at the time `received`.
    static func decode(
        _ frame: [UInt8], from sender: String, at received: Timestamp, in zone: LocalTime = .system
    ) -> ReceivedMessage {
        guard !frame.isEmpty else { return .dropped("an empty message", frame) }
        let text = String(decoding: frame, as: UTF8.self)
        let isStructured = text.prefixMatch(of: /<[0-9]{1,3}>[0-9][0-9]{0,2}[ \t\n\u{0B}\f\r]/) != nil
        if !isStructured, text.prefixMatch(of: /<[0-9]{1,3}>(?:date=|[0-9]*:[ \t\n\u{0B}\f\r])/) != nil {
            return .dropped("a dialect of Cisco or FortiGate: Graylog would read it, this receiver does not", frame)
        }
        do {
            let event = try SyslogEvent(text, isStructured: isStructured, at: received, in: zone)
            var rules = SyslogRules(event, from: sender, at: received)
            if isStructured { rules.take(try StructuredData(event.text), of: event, at: received) }
            guard rules.message.fields["message"] != .string("") else { return .dropped("the message is empty", frame) }
            return .stored(rules.message)
        } catch {
            return .dropped("unreadable: \(error.reason)", frame)
        }
    }

    private init(_ event: SyslogEvent, from sender: String, at received: Timestamp) {
        message = StoredMessage(timestamp: event.time ?? received, fields: [:])
        let host = event.host?.trimmed ?? ""
        message.fields = [
            "timestamp": .string(message.timestamp.graylogText),
            "source": .string(host.isEmpty ? sender : host),
            "message": .string(event.text.string.trimmed),
            "facility": .string(Self.facilityName(event.facility)),
            "facility_num": .long(Int64(event.facility)),
            "level": .long(Int64(event.level)),
        ]
        if event.time == nil { warn("no time could be read: stored with the time of receipt") }
        if event.level < 0 { warn("no priority could be read") }
    }

    private mutating func warn(_ warning: String) {
        message.warnings.append(warning)
    }

    // MARK: Structured data

    private mutating func take(_ data: StructuredData, of event: SyslogEvent, at received: Timestamp) {
        if !data.message.isEmpty { message.fields["message"] = .string(data.message.trimmed) }
        if !data.isStructured {
            warn("no structured data, or none behind a MSGID: what stands in their place is stored as text")
        } else if data.message.isEmpty {
            warn("the text is empty: MSGID and structured data are stored as text")
        }
        if message.string("message")?.unicodeScalars.first == "\u{FEFF}" { warn("the text begins with a BOM") }
        if let id = data.messageID { drop("MSGID", "\"\(id)\" is not stored") }
        for parameter in data.parameters {
            if parameter.hasLost { warn("the backslashes of \(parameter.name) are lost") }
        }
        var fields = Dictionary(data.parameters.map { ($0.name, $0.value) }) { _, last in last }
        fields["application_name"] = event.application ?? fields["application_name"]
        fields["process_id"] = event.process ?? fields["process_id"]
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) { set(name.trimmed, value.trimmed, at: received) }
    }

    private mutating func set(_ name: String, _ value: String, at received: Timestamp) {
        if let reason = FieldName.problem(name) ?? (value.isEmpty ? "a blank string" : nil) {
            return drop(name, reason)
        }
        if message.fields[name] != nil { warn("\(name) of the structured data replaces the message's own") }
        message.fields[name] = .string(value)
        guard name == "timestamp" else { return }
        message.timestamp = SyslogTime.iso8601(value.replacing(" ", with: "T"), in: .utc) ?? received
        message.fields[name] = .string(message.timestamp.graylogText)
    }

    private mutating func drop(_ name: String, _ reason: String) {
        message.droppedFields.append(StoredMessage.DroppedField(name: name, reason: reason))
    }

    // MARK: Facilities

    /// Graylog's names of the facilities: `Tools.syslogFacilityToReadable`.
    private static let facilityNames = [
        "kernel", "user-level", "mail", "system daemon", "security/authorization", "syslogd", "line printer",
        "network news", "UUCP", "clock", "security/authorization", "FTP", "NTP", "log audit", "log alert", "clock",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]

    private static func facilityName(_ number: Int) -> String {
        facilityNames.indices.contains(number) ? facilityNames[number] : "Unknown"
    }
}
