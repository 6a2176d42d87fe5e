// SPDX-License-Identifier: Apache-2.0

/// What follows the header of a message of RFC 5424, as syslog4j reads it: MSGID, structured data and text.
///
/// Source: `StructuredSyslogMessage` of syslog4j-graylog2.
struct StructuredData {
    /// A PARAM-NAME with its PARAM-VALUE, without the backslashes: every one is deleted, also one that was escaped.
    struct Parameter: Hashable {
        let name: String
        let value: String
        /// Whether a backslash was deleted that stood for itself.
        let hasLost: Bool
    }

    private enum Problem: Error {
        /// No structured data: all of it is text.
        case unstructured
        /// syslog4j fails over it.
        case unreadable
    }

    /// Structured data without any, as syslog4j writes it.
    private static let empty = Array("[0@0]".unicodeScalars)

    /// The MSGID; `nil` for `-`, and when there are no structured data.
    private(set) var messageID: String?
    /// In the order in which they came.
    private(set) var parameters: [Parameter] = []
    /// What follows the structured data: the message, unless it is empty.
    private(set) var message = ""
    /// Whether there were structured data, or two `-` in the place of MSGID and them.
    private(set) var isStructured = true

    private let text: [Unicode.Scalar]

    init(_ rest: SyslogText) throws(SyslogEvent.Unreadable) {
        text = Array(rest.scalars)
        do {
            try parse()
        } catch {
            guard case .unstructured = error else {
                throw SyslogEvent.Unreadable(reason: "structured data that break off")
            }
            (messageID, parameters, message, isStructured) = (nil, [], rest.string, false)
        }
    }

    // MARK: Parsing

    private mutating func parse() throws(Problem) {
        if text.starts(with: "- - ".unicodeScalars) {
            message = string(4..<text.count)
            return
        }
        guard let begin = text.firstIndex(of: "["), begin > 0 else { throw .unstructured }
        var words = text[..<begin].split(separator: " ", omittingEmptySubsequences: false)
        while words.last?.isEmpty == true { words.removeLast() }
        guard words.count == 1, let word = words.first else { throw .unstructured }
        messageID = word.elementsEqual(["-"]) ? nil : String(String.UnicodeScalarView(word))
        let end = if let empty = text.firstRange(of: Self.empty) { empty.upperBound } else { try elements(from: begin) }
        // One blank, or whatever stands there, is between the structured data and the text.
        message = string(min(end + 1, text.count)..<text.count)
    }

    /// Reads `[id name="value" …][…]` and returns where it ends.
    private mutating func elements(from begin: Int) throws(Problem) -> Int {
        var start = begin
        var end = begin
        while start < text.count, text[start] == "[" {
            guard let close = find(["]"], from: start), let idEnd = find(["]", " "], from: start + 1) else {
                throw .unstructured
            }
            end = close + 1
            start = idEnd
            while start < close {
                guard text[start] == " " else { throw .unstructured }
                start = try parameter(from: start + 1)
            }
            start += 1
        }
        return end
    }

    /// Reads `name="value"` and returns where it ends.
    private mutating func parameter(from start: Int) throws(Problem) -> Int {
        guard let equals = text[min(start, text.count)...].firstIndex(of: "=") else { throw .unstructured }
        guard equals + 1 < text.count else { throw .unreadable }
        guard text[equals + 1] == "\"", let end = find(["\""], from: equals + 2) else { throw .unstructured }
        let raw = text[(equals + 2)..<end]
        let kept = raw.filter { $0 != "\\" }
        // Only \" and \] lose nothing with their backslash.
        let escapes = zip(raw, raw.dropFirst()).count { $0 == "\\" && ($1 == "\"" || $1 == "]") }
        let value = String(String.UnicodeScalarView(kept))
        let parameter = Parameter(
            name: string(start..<equals), value: value, hasLost: raw.count - kept.count > escapes)
        parameters.append(parameter)
        return end + 1
    }

    /// The first of some scalars that no backslash stands before.
    private func find(_ wanted: [Unicode.Scalar], from start: Int) -> Int? {
        var index = start
        while index < text.count {
            if text[index] == "\\" {
                index += 2
            } else if wanted.contains(text[index]) {
                return index
            } else {
                index += 1
            }
        }
        return nil
    }

    private func string(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(text[range]))
    }
}
