// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("The configurations in README.md and docs")
struct DocumentedConfigurationTests {
    private static let project = ExampleConfigurationTests.file.deletingLastPathComponent().deletingLastPathComponent()

    /// Every block of YAML that has both `hsms` and `outputs`, with its file and line.
    static let blocks: [(place: String, yaml: String)] = {
        let docs = project.appending(path: "docs")
        let pages = ((try? FileManager.default.contentsOfDirectory(atPath: docs.path())) ?? [])
            .filter { $0.hasSuffix(".md") }.sorted().map { docs.appending(path: $0) }
        return ([project.appending(path: "README.md")] + pages).flatMap { page -> [(place: String, yaml: String)] in
            guard let text = try? String(contentsOf: page, encoding: .utf8) else { return [] }
            return text.matches(of: /(?ms)^```yaml\n(.*?)^```$/).compactMap { match in
                let yaml = String(match.1)
                guard yaml.contains(/(?m)^hsms:/), yaml.contains(/(?m)^outputs:/) else { return nil }
                let line = text[..<match.range.lowerBound].count { $0 == "\n" } + 1
                return ("\(page.lastPathComponent):\(line)", yaml)
            }
        }
    }()

    @Test("are valid, but for the files that they name, and nothing in them is warned of", arguments: blocks)
    func valid(block: (place: String, yaml: String)) {
        let problems = ConfigurationFile.read(block.yaml.utf8, checksFiles: false).problems
        #expect(problems.isEmpty, "\(problems.map { $0.rendered(file: block.place) })")
    }

    @Test("are found on all pages that show one")
    func found() {
        let pages = Set(Self.blocks.map { $0.place.prefix { $0 != ":" } })
        #expect(pages.isSuperset(of: ["README.md", "configure.md", "migrate.md"]), "\(pages)")
    }
}
