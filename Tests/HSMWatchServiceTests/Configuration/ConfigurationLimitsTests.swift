// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("Limits of a configuration")
struct ConfigurationLimitsTests {
    /// What may be many, and how many: `yaml` writes a file that has `count` of it.
    struct Limit: CustomTestStringConvertible {
        let testDescription: String
        let count: Int
        let message: String
        let yaml: @Sendable (_ count: Int) -> String
    }

    static let limits = [
        Limit(testDescription: "HSMs", count: 10_000, message: "hsms: has 10001 entries; allowed: 1 … 10000") {
            file(hsms: (0..<$0).map { "{name: h\($0), address: \"h\($0):1\"}" })
        },
        Limit(testDescription: "outputs", count: 16, message: "outputs: has 17 entries; allowed: 1 … 16") {
            file(outputs: (0..<$0).map { "{name: o\($0), type: gelf-tcp, endpoints: [\"g:1\"]}" })
        },
        Limit(
            testDescription: "endpoints", count: 16, message: "outputs[0].endpoints: has 17 entries; allowed: 1 … 16"
        ) {
            file(outputs: ["{name: o, type: gelf-tcp, endpoints: [\(list($0) { "\"g\($0):1\"" })]}"])
        },
        Limit(
            testDescription: "query ports", count: 16, message: "hsms[0].query_ports: has 17 entries; allowed: 0 … 16"
        ) {
            file(hsms: ["{name: h, address: \"h:1\", query_ports: [\(list($0) { "\($0 + 1)" })]}"])
        },
        Limit(testDescription: "fields", count: 32, message: "hsms[0].fields: has 33 fields; allowed: at most 32") {
            file(hsms: ["{name: h, address: \"h:1\", fields: {\(list($0) { "f\($0): x" })}}"])
        },
        Limit(
            testDescription: "fields with those of defaults", count: 32,
            message: "hsms[0].fields: 33 fields together with those of defaults; allowed: at most 32"
        ) {
            "defaults: {fields: {f0: x, g: x}}\n"
                + file(hsms: ["{name: h, address: \"h:1\", fields: {\(list($0 - 1) { "f\($0): x" })}}"])
        },
        Limit(
            testDescription: "characters of a name", count: 64,
            message: "hsms[0].name: '\(text(65))' is not a name; allowed: 1 … 64 of the characters A-Z a-z 0-9 . _ -"
        ) {
            file(hsms: ["{name: \(text($0)), address: \"h:1\"}"])
        },
        Limit(
            testDescription: "characters of a field's value", count: 1024,
            message: "hsms[0].fields.f: has 1025 characters; allowed: 1 … 1024"
        ) {
            file(hsms: ["{name: h, address: \"h:1\", fields: {f: \(text($0))}}"])
        },
        Limit(
            testDescription: "characters of source", count: 255,
            message: "source: has 256 characters; allowed: 1 … 255"
        ) {
            "source: \(text($0))\n" + file()
        },
        Limit(
            testDescription: "characters of runbook", count: 512,
            message: "runbook: has 513 characters; allowed: 1 … 512"
        ) {
            "runbook: \(text($0))\n" + file()
        },
        Limit(
            testDescription: "characters of a syslog program's name", count: 48,
            message: "outputs[0].app_name: '\(text(49))' is not a name of a program; "
                + "allowed: 1 … 48 of the characters A-Z a-z 0-9 . _ -"
        ) {
            file(outputs: ["{name: o, type: syslog-tcp, endpoints: [\"g:1\"], app_name: \(text($0))}"])
        },
        Limit(
            testDescription: "characters of a path", count: 1024,
            message: "outputs[0].path: has 1025 characters; allowed: 1 … 1024"
        ) {
            file(outputs: ["{name: o, type: gelf-http, endpoints: [\"g:1\"], path: /\(text($0 - 1))}"])
        },
    ]

    @Test("as many as allowed are valid, and one more is not", arguments: limits)
    func limit(_ limit: Limit) {
        let (configuration, problems) = ConfigurationFile.read(limit.yaml(limit.count).utf8)
        #expect(configuration != nil)
        #expect(problems.isEmpty)
        let beyond = ConfigurationFile.read(limit.yaml(limit.count + 1).utf8)
        #expect(beyond.configuration == nil)
        #expect(beyond.problems.map(\.message) == [limit.message])
    }

    @Test("a thousand problems are listed, and the rest is counted")
    func problems() {
        let unknown = (0..<1500).map { "k\($0): x\n" }.joined()
        let (_, problems) = ConfigurationFile.read((unknown + Self.file()).utf8)
        #expect(problems.count == 1001)
        #expect(problems.last?.message == "500 more problems are not listed")
    }

    private static func file(
        hsms: [String] = ["{name: h, address: \"h:1\"}"],
        outputs: [String] = ["{name: o, type: gelf-tcp, endpoints: [\"g:1\"]}"]
    ) -> String {
        "hsms: [\(hsms.joined(separator: ", "))]\noutputs: [\(outputs.joined(separator: ", "))]\n"
    }

    private static func list(_ count: Int, _ element: (Int) -> String) -> String {
        (0..<count).map(element).joined(separator: ", ")
    }

    private static func text(_ length: Int) -> String {
        String(repeating: "x", count: length)
    }
}
