// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import Testing

@Suite("Invisible characters in a configuration")
struct InvisibleTextTests {
    /// Zero-width, right-to-left, separators, soft hyphen, byte order mark, fillers and tags.
    static let hidden: [Unicode.Scalar] = [
        "\u{200B}", "\u{200D}", "\u{200E}", "\u{202E}", "\u{2066}", "\u{2028}", "\u{2029}", "\u{AD}", "\u{2060}",
        "\u{FEFF}", "\u{115F}", "\u{3164}", "\u{34F}", "\u{E0041}",
    ]

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static func problems(_ yaml: String) -> [String] {
        ConfigurationFile.read(yaml.utf8).problems.map(\.message)
    }

    @Test("source, runbook and fields are refused with the code point", arguments: hidden)
    func refused(scalar: Unicode.Scalar) {
        let value = "\"khi\(Self.escape(scalar))1\""
        let yaml =
            "source: \(value)\nrunbook: \(value)\ndefaults: {fields: {site: \(value)}}\n"
            + ConfigurationFileTests.minimal
        let problem =
            "'khi\(scalar.escaped(asASCII: true))1' has the invisible character \(scalar.codePoint); "
            + "allowed: visible text and spaces"
        #expect(
            Self.problems(yaml) == [
                "source: \(problem)", "runbook: \(problem)", "defaults.fields.site: \(problem)",
            ])
    }

    @Test(
        "visible text of any script is allowed",
        arguments: [
            "größe", "gro\u{308}ße", "מוניטור", "監視", "☎\u{FE0F}", "a b", "a\u{A0}b", "👩\u{200D}👩\u{200D}👧",
            "🏳\u{FE0F}\u{200D}🌈", "👩\u{1F3FD}\u{200D}🚀",
        ])
    func allowed(text: String) {
        #expect(Self.problems("source: \"\(text)\"\n" + ConfigurationFileTests.minimal) == [])
    }

    @Test(
        "a joiner is refused where it joins no pictures",
        arguments: ["a\u{200D}👧", "👩\u{200D}a", "1\u{200D}2", "👩\u{200D}"])
    func joiner(text: String) {
        let problems = Self.problems("source: \"\(text)\"\n" + ConfigurationFileTests.minimal)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("has the invisible character U+200D") == true)
    }

    @Test("a problem shows them in keys and values, blanks other than the space among them")
    func shown() {
        let yaml = """
            hsms:
              - {name: a, address: hsm-a:9010, interval\u{200B}: 5s, timeout: "1\\_s"}
            outputs:
              - {name: graylog, type: gelf-tcp, endpoints: ["graylog:12201\\u3164"]}

            """
        let problems = Self.problems(yaml)
        #expect(problems.count == 3)
        #expect(
            problems.first?.hasPrefix(#"unknown key 'interval\u{200B}' in hsms[0]; did you mean 'interval'?"#) == true)
        #expect(problems.contains { $0.contains(#"'1\u{00A0}s'"#) }, "\(problems)")
        #expect(problems.contains { $0.contains(#"'12201\u{3164}' is not a port"#) }, "\(problems)")
    }
}
