// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A text in the language of Graylog's notifications (JMTE), as far as they need it: `${a.b}`, `${if a.b}…${else}…${end}`
/// and `${foreach list name}…${end}`.
///
/// A value that is missing, an empty text and an empty list are false, and are shown as nothing.
package struct TextTemplate: Hashable, Sendable {
    /// Why a text is no template.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    fileprivate indirect enum Part: Hashable, Sendable {
        case text(String)
        case value([String])
        case condition([String], then: [Part], otherwise: [Part])
        case loop([String], name: String, body: [Part])
    }

    private let parts: [Part]

    package init(_ text: String) throws(Problem) {
        var reader = TemplateReader(text)
        parts = try reader.parts()
        guard reader.isAtEnd else { throw Problem(description: "${\(reader.stop)} without a beginning") }
    }

    /// The text with the model's values in it.
    package func text(_ model: JSONValue) -> String {
        parts.map { $0.text(model) }.joined()
    }
}

extension TextTemplate.Part {
    fileprivate func text(_ model: JSONValue) -> String {
        switch self {
        case .text(let text): text
        case .value(let path): model.value(at: path).map(\.templateText) ?? ""
        case .condition(let path, let then, let otherwise):
            (model.value(at: path)?.isTrue == true ? then : otherwise).map { $0.text(model) }.joined()
        case .loop(let path, let name, let body):
            (model.value(at: path)?.elements ?? []).map { element in
                body.map { $0.text(model.with(name, element)) }.joined()
            }.joined()
        }
    }
}

/// Reads a template from its first character to its last.
private struct TemplateReader {
    private var rest: Substring
    /// The word that ended the latest run of parts, `else` or `end`; empty at the end of the text.
    private(set) var stop = ""
    private(set) var isAtEnd = false

    init(_ text: String) {
        rest = text[...]
    }

    mutating func parts() throws(TextTemplate.Problem) -> [TextTemplate.Part] {
        var parts: [TextTemplate.Part] = []
        while let open = rest.firstRange(of: "${") {
            if open.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<open.lowerBound]))) }
            rest = rest[open.upperBound...]
            guard let close = rest.firstIndex(of: "}") else {
                throw TextTemplate.Problem(description: "'}' is missing")
            }
            let words = rest[..<close].split(separator: " ").map(String.init)
            rest = rest[rest.index(after: close)...]
            if words == ["else"] || words == ["end"] {
                stop = words[0]
                return parts
            }
            parts.append(try part(words))
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        (stop, isAtEnd) = ("", true)
        return parts
    }

    private mutating func part(_ words: [String]) throws(TextTemplate.Problem) -> TextTemplate.Part {
        switch (words.first, words.count) {
        case ("if", 2):
            let then = try parts()
            let otherwise = stop == "else" ? try parts() : []
            try end(of: "if")
            return .condition(Self.path(words[1]), then: then, otherwise: otherwise)
        case ("foreach", 3):
            let body = try parts()
            try end(of: "foreach")
            return .loop(Self.path(words[1]), name: words[2], body: body)
        case (_?, 1): return .value(Self.path(words[0]))
        default: throw TextTemplate.Problem(description: "not understood: ${\(words.joined(separator: " "))}")
        }
    }

    private func end(of word: String) throws(TextTemplate.Problem) {
        guard stop == "end" else { throw TextTemplate.Problem(description: "${\(word)} without ${end}") }
    }

    private static func path(_ word: String) -> [String] {
        word.split(separator: ".").map(String.init)
    }
}

extension JSONValue {
    fileprivate func value(at path: [String]) -> JSONValue? {
        path.reduce(Optional(self)) { value, name in value?[name] }
    }

    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members.set(name, to: value)
        return .object(members)
    }

    fileprivate var isTrue: Bool {
        switch self {
        case .null: false
        case .boolean(let flag): flag
        case .integer, .decimal: true
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.names.isEmpty
        }
    }

    fileprivate var templateText: String {
        switch self {
        case .string(let text): text
        case .null: ""
        default: text
        }
    }
}
