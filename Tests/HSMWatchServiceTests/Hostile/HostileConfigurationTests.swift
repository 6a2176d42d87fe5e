// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("A hostile configuration", .timeLimit(.minutes(1)))
struct HostileConfigurationTests {
    private static let seeds: Range<UInt64> = 0..<8
    /// Configurations made of one seed.
    private static let variants = 400

    private static let valid = """
        source: monitor-1
        defaults:
          interval: 5s
          alert: &alert {warning: "20%", critical: 50}
        hsms:
          - name: khi-1
            address: "[2001:db8::7]:9010"
            query_ports: [9010, 9011]
            fields: {site: "khi \\u00e9"}
          - name: khi-2
            address: hsm-2.example.net:9010
            alert: *alert
        outputs:
          - name: graylog
            type: gelf-http
            endpoints: [192.0.2.21:12201]
            tls: {ca: /nowhere/ca.pem, server_name: graylog.example.net}

        """

    /// What YAML takes for something, commands of a terminal as bytes and as YAML's escapes, and forged lines.
    private static let words: [String] = [
        "\n", "\t", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!binary ", "<<: *a", "|\n", ">\n", "? ", "#", "'",
        "\"", "---\n", "%YAML 1.1\n", "\u{1B}[2J", "\u{9B}31m", "\u{202E}", "\u{2028}", "\u{85}", "\u{FEFF}", "\0",
        "\"\\e[31m\"", "\"\\x9B31m\"", "\"\\u202E\\L\\P\\N\\0\"", "\"a\\nforged: 1:1: error: all is well\"",
        "\"\\uD800\"", "~", "1e999", "99999999999999999999", "-0x1", ".inf", "name: ", "hsms:\n", "interval: ",
    ]
    /// Bytes that no UTF-8 has.
    private static let noText: [[UInt8]] = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF, 0xFE]]

    /// The valid one, a few places of which are something else.
    private static func variant(_ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = Array(valid.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &numbers) {
            let begin = Int.random(in: 0...bytes.count, using: &numbers)
            let end = min(bytes.count, begin + Int.random(in: 0...12, using: &numbers))
            let word = Array((words.randomElement(using: &numbers) ?? "").utf8)
            switch Int.random(in: 0...12, using: &numbers) {
            case 0: bytes.insert(contentsOf: noText.randomElement(using: &numbers) ?? [], at: begin)
            case 1...4: bytes.insert(contentsOf: word, at: begin)
            case 5...8: bytes.replaceSubrange(begin..<end, with: word)
            case 9, 10: bytes.removeSubrange(begin..<end)
            default: bytes.insert(contentsOf: bytes[begin..<end], at: begin)
            }
        }
        return bytes
    }

    @Test("it is understood, or every problem is reported on one line of visible text", arguments: seeds)
    func read(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        for _ in 0..<Self.variants {
            let bytes = Self.variant(&numbers)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            let (configuration, problems) = ConfigurationFile.read(bytes)
            #expect((configuration == nil) == problems.contains { $0.severity == .error }, "\(text)")
            #expect(problems.count <= ConfigurationLimits.problems + 1, "\(text)")
            for problem in problems {
                let line = problem.rendered(file: "hsmwatch.yaml")
                #expect(line.isVisible, "\(line.debugDescription) of \(text)")
            }
        }
    }

    @Test("the seeds reach what is understood, what is no YAML, what is no text, and what is no configuration")
    func reach() {
        var (understood, noYAML, noText, wrong) = (0, 0, 0, 0)
        for seed in Self.seeds {
            var numbers = SeededNumbers(seed: seed)
            for _ in 0..<Self.variants {
                let (configuration, problems) = ConfigurationFile.read(Self.variant(&numbers), checksFiles: false)
                if configuration != nil { understood += 1 }
                guard let problem = problems.first(where: { $0.severity == .error }) else { continue }
                if problem.message.hasPrefix("not valid YAML: ") {
                    noYAML += 1
                } else if problem.message.hasPrefix("the file is not text: ") {
                    noText += 1
                } else {
                    wrong += 1
                }
            }
        }
        #expect([understood, noYAML, noText, wrong].allSatisfy { $0 > 0 }, "\([understood, noYAML, noText, wrong])")
    }
}
