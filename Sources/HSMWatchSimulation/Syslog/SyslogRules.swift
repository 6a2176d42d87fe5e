// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Makes of one syslog message the message that Graylog would store, with every rule by which it drops one or cuts a
/// field.
///
/// Source: `SyslogCodec` and `Message` of graylog2-server 7.1, with the defaults of its configuration. The dialects of
/// Cisco and FortiGate, for which Graylog has parsers, are not read. What the index does comes after, in
/// `IndexMapping`.
struct SyslogRules {
    private var message: StoredMessage

    /// Decodes a message that `sender`, an IP address, sent and that came at the time `received`.
    static func decode(
        _ frame: [UInt8], from sender: String, at received: Timestamp, in zone: InputTimeZone = .system
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

/// The header of a syslog message, taken apart as syslog4j does it, whether or not an RFC agrees.
///
/// Source: `SyslogServerEvent` and `StructuredSyslogServerEvent` of syslog4j-graylog2.
struct SyslogEvent {
    /// A message that Graylog drops, since its parser throws.
    struct Unreadable: Error, Hashable {
        let reason: String
    }

    /// The priority's facility, or -1 without a priority.
    private(set) var facility = -1
    /// The priority's severity, 0…7, or -1 without a priority.
    private(set) var level = -1
    /// When it happened; `nil` when that could not be read, so that the time of receipt stands in.
    private(set) var time: Timestamp?
    private(set) var host: String?
    /// The application's name, with RFC 5424 only; `nil` for `-`.
    private(set) var application: String?
    /// The process, with RFC 5424 only; `nil` for `-`.
    private(set) var process: String?
    /// What is left: host, tag and text; with RFC 5424, MSGID, structured data and text.
    private(set) var text: SyslogText

    private let isStructured: Bool
    private let zone: InputTimeZone
    private let received: Timestamp

    /// What syslog4j calls an application whose name it does not find.
    private static let unknownApplication = "unknown"

    /// Parses a message of RFC 5424 (`isStructured`), or any other one, that came at the time `received`.
    init(_ message: String, isStructured: Bool, at received: Timestamp, in zone: InputTimeZone) throws(Unreadable) {
        text = SyslogText(message)
        self.isStructured = isStructured
        self.zone = zone
        self.received = received
        if isStructured { application = Self.unknownApplication }
        guard text.scalar(0) == "<", let end = (1...4).first(where: { text.scalar($0) == ">" }) else { return }
        if let priority = Int32(text.prefix(end).dropFirst()) {
            facility = Int(priority >> 3)
            level = Int(priority & 7)
            text.drop(end + 1)
            if isStructured { try takeStructuredDate() } else { try takeDate() }
        }
        takeHost()
    }

    // MARK: Parts of the header

    private mutating func takeStructuredDate() throws(Unreadable) {
        _ = text.takeWord()
        guard let word = text.firstWord else { return }
        if let time = SyslogTime.iso8601(word, in: zone) {
            self.time = time
            _ = text.takeWord()
        } else {
            try takeDate()
        }
    }

    /// Takes a date of RFC 3164, or one that begins with a digit. It must be one of these: then a `-` of RFC 5424
    /// stays, and moves all that follows by one word.
    private mutating func takeDate() throws(Unreadable) {
        defer { takeHost() }
        guard text.count > 16, let first = text.scalar(0) else { return }
        if first.properties.generalCategory == .decimalNumber {
            guard let word = text.firstWord else { throw Unreadable(reason: "a date that does not end") }
            guard let time = SyslogTime.iso8601(word, in: zone) else {
                throw Unreadable(reason: "\"\(word)\" is not a date")
            }
            self.time = time
            text.drop(word.unicodeScalars.count + 1)
        } else {
            // A day of one digit has two blanks before it, or one.
            let length = text.scalar(5) == " " ? 14 : 15
            guard let time = SyslogTime.bsd(text.prefix(length), in: zone.year(at: received), zone) else { return }
            self.time = time
            text.drop(length + 1)
        }
    }

    /// Finds the host; with RFC 5424 it is taken off, and so are the application and the process.
    private mutating func takeHost() {
        guard isStructured else {
            host = text.firstWord ?? host
            return
        }
        guard let word = text.takeWord() else { return }
        host = word
        if let word = text.takeWord() {
            application = word
            if let word = text.takeWord() { process = word }
            if process == "-" { process = nil }
        }
        if application == "-" { application = nil }
    }
}

/// What is left of a syslog message while a parser takes word after word off its beginning.
///
/// By scalars, not by characters: CR LF is two of them, as in Java.
struct SyslogText {
    private(set) var scalars: ArraySlice<Unicode.Scalar>

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)[...]
    }

    var string: String { Self.string(scalars) }

    var count: Int { scalars.count }

    /// The scalar at a distance from the beginning; `nil` beyond the end.
    func scalar(_ offset: Int) -> Unicode.Scalar? {
        offset < scalars.count ? scalars[scalars.startIndex + offset] : nil
    }

    /// What stands before the first blank; `nil` when there is none.
    var firstWord: String? {
        scalars.firstIndex(of: " ").map { Self.string(scalars[..<$0]).trimmed }
    }

    /// The first `count` scalars.
    func prefix(_ count: Int) -> String {
        Self.string(scalars.prefix(count))
    }

    /// Takes the first `count` scalars off.
    mutating func drop(_ count: Int) {
        scalars = scalars.dropFirst(count)
    }

    /// Takes the first word off with its blank, and returns it; `nil` when there is no blank.
    mutating func takeWord() -> String? {
        guard let blank = scalars.firstIndex(of: " "), let word = firstWord else { return nil }
        scalars = scalars[(blank + 1)...]
        return word
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
