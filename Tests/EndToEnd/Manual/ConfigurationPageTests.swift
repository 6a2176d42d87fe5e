// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    /// The manual page of the configuration against what the program says of it.
    @Suite("hsmwatch.yaml(5)", .timeLimit(.minutes(1)))
    struct ConfigurationPageTests {
        /// A mapping of the file: where the page describes it, and what the program calls it.
        struct Mapping: CustomTestStringConvertible {
            let heading: String
            let path: String

            var testDescription: String { heading }

            func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        }

        static let mappings = [
            Mapping(heading: "The file", path: ""),
            Mapping(heading: "Keys of an HSM", path: "hsms[0]"),
            Mapping(heading: "Keys of alert", path: "hsms[0].alert"),
            Mapping(heading: "Keys of forecast", path: "hsms[0].forecast"),
            Mapping(heading: "Keys of an output", path: "outputs[0]"),
            Mapping(heading: "Keys of tls", path: "outputs[0].tls"),
            Mapping(heading: "Keys of authorization", path: "outputs[0].authorization"),
            Mapping(heading: "Keys of spool", path: "spool"),
        ]

        private let page: ManualPage
        private let dump: ConfigurationDump

        init() async throws {
            page = try ManualPage("hsmwatch.yaml.5")
            dump = try await ConfigurationDump.said.value
        }

        @Test("describes every key in the order in which the program lists them, and no other", arguments: mappings)
        func keys(of mapping: Mapping) throws {
            let names = try #require(page.part(mapping.heading)).entries.map(\.name)
            #expect(!names.isEmpty)
            #expect(names == dump.keys(of: mapping.path))
        }

        @Test("describes every mapping")
        func allMappings() {
            let parts = page.parts(after: "DESCRIPTION", before: "FILES")
            #expect(parts.map(\.heading) == Self.mappings.map(\.heading))
            let keys = dump.keys(of: "hsms[0]")
            #expect(dump.keys(of: "defaults") == keys.filter { !["name", "address"].contains($0) })
        }

        @Test("says what each key takes in the words in which the program refuses another value", arguments: mappings)
        func bounds(of mapping: Mapping) throws {
            let part = try #require(page.part(mapping.heading))
            for entry in part.entries where !Self.hasKeysOfItsOwn(mapping.path(of: entry.name)) {
                let key = mapping.path(of: entry.name)
                let (words, bounds) = (dump.words(of: key), dump.bounds(of: key))
                #expect(!words.isEmpty || !bounds.isEmpty, "\(key)")
                let described = entry.words(of: "Cm").filter { $0 != entry.name }
                #expect(words.isEmpty || Set(described) == Set(words), "\(key)")
                let text = (ManualPage.text(of: part.words) + " " + entry.text).lowercased()
                for bound in bounds {
                    #expect(text.contains(bound.lowercased()), "\(key)")
                }
            }
        }

        @Test("gives the default of each key, or says that it is required", arguments: mappings)
        func defaults(of mapping: Mapping) throws {
            for entry in try #require(page.part(mapping.heading)).entries {
                let given = entry.text.firstMatch(of: /The default is (.+?)(?:, or |: |\.(?: |$))/).map { String($0.1) }
                let isRequired = entry.text.contains("Required.")
                #expect(isRequired == dump.isRequired(entry.name, of: mapping.path), "\(entry.name)")
                #expect(given == (isRequired ? nil : expectedDefault(of: entry.name)), "\(entry.name)")
            }
        }

        /// What the page says of a default that the program shows.
        private func expectedDefault(of key: String) -> String {
            switch (key, dump.defaultValue(of: key)) {
            case ("source", .some): "this machine's host name"
            case ("events", "[\(dump.words(of: "outputs[0].events").joined(separator: ", "))]"): "all of them"
            case (_, ""): "that of each of its keys"
            case (_, nil), (_, "[]"), (_, "{}"): "none"
            case (_, let value?): value
            }
        }

        @Test("says of each key of an output with which types it goes")
        func types() throws {
            for entry in try #require(page.part("Keys of an output")).entries {
                let given = entry.text.firstMatch(of: /With ((?:(?:gelf|syslog)-\w+(?:, )?)+)\./).map { String($0.1) }
                #expect(given == dump.types(of: entry.name), "\(entry.name)")
            }
        }

        @Test("has examples that are valid, without a warning")
        func examples() async throws {
            let examples = try #require(page.part("EXAMPLES")).displays
            #expect(examples.count == 2)
            for example in examples {
                try await Stage.play { stage in
                    let file = try stage.write(example, to: "example.yaml")
                    let record = try await stage.outcome(of: ["check", "--config", file])
                    #expect(record.ending == .exited(0))
                    #expect(record.errors.hasSuffix(": valid\n") && !record.errors.contains("warning:"))
                }
            }
        }

        /// Whether the keys below a key are described in a part of their own.
        private static func hasKeysOfItsOwn(_ path: String) -> Bool {
            path == "defaults" || mappings.contains { $0.path == path }
        }
    }
}
