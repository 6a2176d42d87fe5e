// SPDX-License-Identifier: Apache-2.0

/// Puts finished messages into the form of syslog, RFC 5424 or the old one.
///
/// What Graylog's own parser makes of it decides where the RFC leaves room. It deletes every backslash, keeps a byte
/// order mark in the text, puts a MSGID before it, and lets a parameter replace its own field.
///
/// The only frames in it (`CommandFrame`) are the priority, which is no command, and the reply of a reading.
package struct SyslogEncoder: Sendable {
    /// The name of the structured data; 32473 is the enterprise number that RFC 5612 gives away for examples.
    static let structuredDataID = "hsmwatch@32473"
    /// Characters of a parameter's name (RFC 5424 section 6.3.3).
    package static let parameterNameLength = 32
    /// Characters of HOSTNAME (RFC 5424 section 6.2.4).
    private static let hostNameLength = 255

    private let format: SyslogFormat
    private let facility: SyslogFacility
    private let appName: String
    private let localTime: @Sendable (Timestamp) -> LocalTime

    /// - Parameter localTime: what the old form's times are written in.
    package init(_ configuration: SyslogConfiguration, localTime: @escaping @Sendable (Timestamp) -> LocalTime) {
        format = configuration.format
        facility = configuration.facility
        appName = configuration.appName
        self.localTime = localTime
    }

    /// One syslog message, without a frame.
    ///
    /// - Parameter spooledAt: the time of bytes that are no message, since a disk has changed them: they become the
    ///   text of one. Graylog misreads a message without a time.
    package func encode(_ body: [UInt8], spooledAt: Timestamp) -> [UInt8] {
        guard let content = Content(body), format == .legacy || content.hasParameterNames else {
            let head = "<\(facility.code * 8 + Level.error.rawValue)>1 \(spooledAt.rfc3339Text) - \(appName) - - - "
            return Array((head + Self.line(String(decoding: body, as: UTF8.self))).utf8)
        }
        let priority = facility.code * 8 + content.level
        let text =
            switch format {
            case .rfc5424: modern(content, priority: priority)
            case .legacy: legacy(content, priority: priority)
            }
        return Array(text.utf8)
    }

    /// `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID [ID NAME="VALUE" …] MSG`
    private func modern(_ content: Content, priority: Int) -> String {
        var text = "<\(priority)>1 \(content.time.rfc3339Text) \(Self.hostName(content.host)) \(appName) - - "
        text += "[" + Self.structuredDataID
        for parameter in content.parameters {
            let isReply = parameter.name == "reply" && CommandFrame.isReply(parameter.value)
            let value = isReply ? parameter.value : Self.escaped(parameter.value)
            text += " \(parameter.name)=\"\(value)\""
        }
        return text + "] " + Self.line(content.text)
    }

    /// `<PRI>Mmm dd hh:mm:ss HOSTNAME TAG: ` and the script's line: its date, its sentence and what the HSM replied.
    private func legacy(_ content: Content, priority: Int) -> String {
        let local = localTime(content.time)
        let time = content.time.civil(offset: local.offset)
        let reply = content.reply.map { "  " + (CommandFrame.isReply($0) ? $0 : Self.line($0)) } ?? ""
        let sentence = Self.line("\(time.dateText(zone: local.zone)) \(content.text)")
        return "<\(priority)>\(time.syslogText) \(Self.hostName(content.host)) \(appName): " + sentence + reply
    }

    /// Printable ASCII without a space, as a header's field must be, and without angle brackets.
    private static func hostName(_ host: String) -> String {
        String(
            String.UnicodeScalarView(
                host.unicodeScalars.prefix(hostNameLength).map {
                    (0x21...0x7E).contains($0.value) && CommandFrame.substitute(for: $0) == nil ? $0 : "_"
                }))
    }

    /// A parameter's value. A backslash cannot reach Graylog: a slash stands in for it.
    static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in line(value).unicodeScalars {
            switch scalar {
            case "\"", "]": escaped += "\\" + String(scalar)
            case "\\": escaped += "/"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// The text on one line and without a frame: what ends a line in one receiver or another becomes a space, and other
    /// brackets stand for angle brackets.
    private static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { endsLine($0) || CommandFrame.substitute(for: $0) != nil }) else {
            return text
        }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { endsLine($0) ? " " : CommandFrame.substitute(for: $0) ?? $0 }))
    }

    /// The control characters of ASCII and of ISO 6429, and the separators of Unicode.
    private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029: true
        default: false
        }
    }
}

/// What a message says, apart from how.
private struct Content {
    /// What a PRI has room for.
    private static let levels = 0...7
    /// Until the year 9999, the last that a time of RFC 3339 has.
    private static let times = Timestamp(milliseconds: 0)...Timestamp(milliseconds: 253_402_300_799_999)

    var time = Timestamp(milliseconds: 0)
    var host = ""
    var level = Level.notice.rawValue
    var text = ""
    /// What the HSM replied, of a reading.
    var reply: String?
    /// The fields with an underscore, without it.
    var parameters: [MessageReader.Field] = []

    /// Nil when these are not the bytes of a message, or say what none can.
    init?(_ body: [UInt8]) {
        guard let fields = MessageReader.fields(of: body) else { return nil }
        for field in fields {
            switch field.name {
            case "version": break
            case "host": host = field.value
            case "short_message": text = field.value
            case "level": level = Int(field.value) ?? -1
            case "timestamp": time = Timestamp(seconds: field.value) ?? Timestamp(milliseconds: -1)
            default:
                if field.name == "_reply" { reply = field.value }
                parameters.append(MessageReader.Field(name: String(field.name.dropFirst()), value: field.value))
            }
        }
        guard !text.isEmpty, !host.isEmpty, Self.levels.contains(level), Self.times.contains(time) else { return nil }
    }

    /// Whether every parameter has a name by RFC 5424 section 6.3.3, printable ASCII without a space and `= ] "`, and
    /// without angle brackets.
    var hasParameterNames: Bool {
        parameters.allSatisfy { parameter in
            let name = parameter.name.utf8
            return (1...SyslogEncoder.parameterNameLength).contains(name.count)
                && name.allSatisfy { (0x21...0x7E).contains($0) && !"=]\"<>".utf8.contains($0) }
        }
    }
}

extension Timestamp {
    /// Of seconds with three decimals, as a message has them.
    fileprivate init?(seconds: String) {
        guard let milliseconds = Int64(seconds.filter { $0 != "." }) else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

/// How a syslog message is written; raw values are the words of the configuration.
package enum SyslogFormat: String, CaseIterable, Sendable {
    /// RFC 5424, every field of the message as structured data.
    case rfc5424
    /// RFC 3164, and the line of the script that hsmwatch replaces.
    case legacy
}

/// What kind of program a syslog message comes from (RFC 5424 section 6.2.1); raw values are syslog.conf's words.
package enum SyslogFacility: String, CaseIterable, Sendable {
    case kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
    case local0, local1, local2, local3, local4, local5, local6, local7

    /// What a PRI counts: 0 … 11 and 16 … 23.
    var code: Int {
        switch self {
        case .kern: 0
        case .user: 1
        case .mail: 2
        case .daemon: 3
        case .auth: 4
        case .syslog: 5
        case .lpr: 6
        case .news: 7
        case .uucp: 8
        case .cron: 9
        case .authpriv: 10
        case .ftp: 11
        case .local0: 16
        case .local1: 17
        case .local2: 18
        case .local3: 19
        case .local4: 20
        case .local5: 21
        case .local6: 22
        case .local7: 23
        }
    }
}

/// What tells this machine's time from UTC at a moment.
package struct LocalTime: Hashable, Sendable {
    /// Seconds ahead of UTC.
    package let offset: Int
    /// The zone's abbreviation, such as `PKT`.
    package let zone: String

    package init(offset: Int, zone: String) {
        self.offset = offset
        self.zone = zone
    }

    package static let utc = LocalTime(offset: 0, zone: "UTC")
}
