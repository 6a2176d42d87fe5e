// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchService
import HSMWatchSimulation
import Logging
import TestSupport
import Testing

@testable import HSMWatchCore
@testable import HSMWatchGraylog

/// Every escape of the program, over texts in which what must be escaped carries combining marks: such a pair is one
/// `Character`, but the program that reads the text sees the quote alone.
@Suite("Escapes walk scalars")
struct EscapeTests {
    private static let special: [Unicode.Scalar] = [
        "\"", "'", "\\", "$", "{", "}", "]", "|", "<", ">", "`", ";", " ", "\n", "\r", "\t", "\u{1B}", "\u{9B}",
        "\u{202E}",
        "\u{2028}", "a", "é", "\u{1F469}", "\u{1F1E9}", "\u{1100}",
    ]
    /// What joins the scalar before it into one character.
    private static let joining: [Unicode.Scalar] = [
        "\u{301}", "\u{338}", "\u{20DD}", "\u{200D}", "\u{FE0F}", "\u{1F3FD}", "\u{1161}", "\u{1F1EA}", "\u{E0301}",
    ]

    /// Each special scalar before each joining one, and longer texts of both.
    static let texts: [String] = {
        var numbers = SeededNumbers(seed: 17)
        let pairs = special.flatMap { first in joining.map { String(first) + String($0) } }
        let longer = (0..<400).map { _ in
            (0..<Int.random(in: 1...12, using: &numbers)).reduce(into: "") { text, _ in
                text.unicodeScalars.append(special.randomElement(using: &numbers) ?? "a")
                guard Bool.random(using: &numbers) else { return }
                text.unicodeScalars.append(joining.randomElement(using: &numbers) ?? "a")
            }
        }
        return pairs + pairs.map { "$\($0){" } + longer + ["x\"\u{301} OR *:*", "${\u{301}a}", "/k'\u{301}; reboot"]
    }()

    /// The texts that a configuration lets through.
    static var visible: [String] { texts.filter { (try? VisibleText.check($0, maxLength: 1024)) != nil } }

    /// Whether both have the same scalars: `==` also takes canonical equivalents for equal.
    private static func isSame(_ text: String?, _ other: String) -> Bool {
        guard let text else { return false }
        return text.utf8.elementsEqual(other.utf8)
    }

    /// What stands between double quotes, with the backslashes taken away; nil when a quote ends it before its last byte.
    private static func unquoted(_ text: [UInt8]) -> [UInt8]? {
        var (bytes, isEscaped) = ([UInt8](), false)
        guard text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") else { return nil }
        for byte in text.dropFirst().dropLast() {
            if !isEscaped, byte == UInt8(ascii: "\"") { return nil }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if !isEscaped { bytes.append(byte) }
        }
        return isEscaped ? nil : bytes
    }

    @Test("no text leaves a phrase of Lucene, and the phrase means the text")
    func phrase() throws {
        for text in Self.texts {
            let query = SearchQuery.phrase("source", text)
            #expect(query.hasPrefix("source:"))
            let value = Self.unquoted(Array(query.utf8.dropFirst("source:".utf8.count)))
            #expect(value == Array(text.utf8), "\(query)")
        }
    }

    @Test("no text begins a value in the template of an alert")
    func template() {
        for text in Self.texts {
            let template = AlertTemplate.text(text)
            let pairs = zip(template.utf8, template.utf8.dropFirst())
            #expect(!pairs.contains { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }, "\(template)")
            let (kept, whole) = (template.utf8.filter { $0 != 0x20 }, text.utf8.filter { $0 != 0x20 })
            #expect(kept == whole, "\(template)")
        }
    }

    @Test("a shell reads each text as one word")
    func shell() throws {
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "printf '%s\\0' " + Self.texts.map(\.shellQuoted).joined(separator: " ")]
        shell.standardOutput = output
        try shell.run()
        let words = output.fileHandleForReading.readDataToEndOfFile().split(separator: 0)
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        #expect(words.map(Array.init) == Self.texts.map { Array($0.utf8) })
    }

    @Test("JSON of every writer is read as the text, and shows no control character")
    func json() throws {
        for text in Self.texts {
            let written = [
                String(decoding: JSONWriter.quoted(text), as: UTF8.self),
                String(JSONTree.string(text).text.unicodeScalars.dropLast()),
                JSONValue.string(text).text, JSONValue.string(text).terminalText,
            ]
            for json in written {
                let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
                #expect(Self.isSame(value as? String, text), "\(json)")
                #expect(!json.utf8.contains { $0 < 0x20 }, "\(json)")
            }
            #expect(!JSONValue.string(text).terminalText.unicodeScalars.contains { $0.isObeyed })
        }
    }

    @Test("no text leaves a parameter of syslog")
    func syslog() {
        for text in Self.texts {
            var isEscaped = false
            for scalar in SyslogEncoder.escaped(text).unicodeScalars {
                #expect(isEscaped || (scalar != "\"" && scalar != "]"), "\(text)")
                isEscaped = !isEscaped && scalar == "\\"
                #expect(scalar.properties.generalCategory != .control && scalar != "\u{2028}")
            }
            #expect(!isEscaped)
        }
    }

    @Test("the effective configuration holds each text as it was")
    func configuration() {
        for text in Self.visible {
            var configuration = GraylogStage.configuration()
            configuration.source = text
            configuration.hsms[0].fields = [Field(name: "site", value: text)]
            let again = ConfigurationFile.read(ConfigurationPrinter.yaml(configuration).utf8).configuration
            #expect(Self.isSame(again?.source, text))
            #expect(Self.isSame(again?.hsms.first?.fields.first?.value, text))
        }
    }

    @Test("bytes of a peer are printable, without what must not stand there")
    func bytes() {
        for text in Self.texts {
            let shown = EscapedBytes.text(text.utf8, escaping: [UInt8(ascii: "|")])
            #expect(shown.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "|") }, "\(shown)")
        }
    }

    @Test("what a terminal would obey is shown wherever a text is shown")
    func terminal() {
        for text in Self.texts {
            let entry = JournalEntry(level: .info, text: text, fields: ["REASON": text])
            let problem = GraylogProblem(to: .overview, status: 400, message: text, location: text)
            let shown = [
                text.quoted, text.terminalText, DisplayText.visible(text), VisibleText.shown(text), entry.line(at: "t"),
                problem.description, EscapedBytes.text(text.utf8),
            ]
            for line in shown + entry.journalFields.map({ String(decoding: $0, as: UTF8.self) }) {
                #expect(!line.unicodeScalars.contains { $0.isObeyed }, "\(line)")
            }
        }
    }

    @Test("the silence alert asks for exactly the source, whatever it is")
    func alert() throws {
        // A pack takes a while: every sixteenth text, and the last ones.
        for (index, text) in Self.visible.enumerated() where index % 16 == 0 || text.hasPrefix("x\"") {
            var configuration = GraylogStage.configuration()
            configuration.source = text
            let pack = String(
                decoding: try ContentPack([configuration], ContentPackOptions()).json(revision: 1), as: UTF8.self)
            let phrase = String(decoding: JSONWriter.quoted(SearchQuery.phrase("source", text)), as: UTF8.self)
            #expect(Array(pack.utf8).contains(Array(phrase.utf8.dropFirst().dropLast())), "\(text)")
        }
    }
}
