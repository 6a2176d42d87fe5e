// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
    private let zone: LocalTime
    private let received: Timestamp

    /// What syslog4j calls an application whose name it does not find.
    private static let unknownApplication = "unknown"

    /// Parses a message of RFC 5424 (`isStructured`), or any other one, that came at the time `received`.
    init(_ message: String, isStructured: Bool, at received: Timestamp, in zone: LocalTime) throws(Unreadable) {
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

    /// Takes a date of RFC 3164, or one that begins with a digit. It must be one of these: then a `-` of RFC 5424 stays,
    /// and moves all that follows by one word.
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
