// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
