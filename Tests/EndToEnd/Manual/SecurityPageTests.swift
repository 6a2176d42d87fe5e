// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    /// docs/security.md against the unit and the package.
    @Suite("docs/security.md")
    struct SecurityPageTests {
        private static let package = ManualPage.folder.appending(path: "../..").standardized

        private static func lines(of file: String) throws -> [String] {
            try String(contentsOf: package.appending(path: file), encoding: .utf8).components(separatedBy: "\n")
        }

        @Test("its table of directives is the unit's hardening")
        func directives() throws {
            let unit = try Self.lines(of: "systemd/hsmwatch.service")
            let beginning = try #require(unit.firstIndex { $0.hasPrefix("# What follows takes away") })
            let end = try #require(unit.firstIndex(of: "[Install]"))
            let elsewhere: Set = ["DynamicUser", "LimitCORE", "UMask"]
            let inUnit = unit.enumerated().filter { index, line in
                guard let first = line.first, first.isUppercase else { return false }
                return (beginning..<end).contains(index) || elsewhere.contains(String(line.prefix { $0 != "=" }))
            }
            let inTable = try Self.lines(of: "docs/security.md").compactMap { line in
                line.hasPrefix("| `") ? line.split(separator: "`").dropFirst().first : nil
            }
            #expect(Set(inUnit.map(\.element)) == Set(inTable.filter { $0.contains("=") }.map(String.init)))
        }

        @Test("its table of packages is what the program depends on, from the lowest version on")
        func packages() throws {
            let dependencies = try Self.lines(of: "Package.swift").compactMap { line -> String? in
                let parts = line.split(separator: "\"")
                guard line.contains(".package(url:"), parts.count == 5 else { return nil }
                return "\(parts[1].split(separator: "/").last ?? "") \(parts[3])"
            }
            #expect(!dependencies.isEmpty)
            let page = try Self.lines(of: "docs/security.md")
            let table = page.drop { !$0.hasPrefix("| package |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
            let rows = table.map { row in row.split(separator: "|").prefix(2).joined().split(separator: " ") }
            #expect(Set(rows.map { $0.joined(separator: " ") }) == Set(dependencies))
        }
    }
}
