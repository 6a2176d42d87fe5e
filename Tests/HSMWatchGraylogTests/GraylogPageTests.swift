// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchSimulation
import TestSupport
import Testing

/// What the SOC reads, against the content pack and the messages.
@Suite("docs/graylog.md and docs/runbook.md")
struct GraylogPageTests {
    @Test("the runbook has a section for each step that an alert names, in their order, before all others")
    func sections() throws {
        let sections = try Page("docs/runbook.md").anchors(ofLevel: 2)
        #expect(Array(sections.prefix(RunbookStep.allCases.count)) == RunbookStep.allCases.map(\.rawValue))
    }

    @Test("the table of alerts has every alert of a pack, and each row leads to a section of the runbook")
    func alerts() throws {
        let hsm = HSMConfiguration(name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010))
        let output = OutputConfiguration(name: "graylog", endpoints: [HostPort(host: "10.10.5.7", port: 12_201)])
        let configuration = Configuration(source: "monitor-1", hsms: [hsm], outputs: [output])
        let pack = ContentPack([configuration], try ContentPackOptions()).json(revision: 1)
        let rows = try Page("docs/graylog.md").table(headed: "| alert |")
        #expect(rows.map { $0[0] }.sorted() == (try PackContent(pack).alerts.sorted()))
        let steps = Set(RunbookStep.allCases.map(\.rawValue))
        for cells in rows {
            let section = cells.last?.firstMatch(of: /\(runbook\.md#(.*)\)/)?.1
            #expect(section.map { steps.contains(String($0)) } == true, "\(cells)")
        }
    }

    @Test("the mail that is shown is the one that a test compares with the pack")
    func mail() throws {
        let golden = try Page("Tests/HSMWatchGraylogTests/Golden/alert-critical.txt").text
        let mail = try #require(golden.components(separatedBy: "\n---- webhook").first)
        let shown = mail.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try Page("docs/graylog.md").text.contains("```\n\(shown)\n```"))
    }

    @Test("the table of types has every number that a message can have")
    func types() throws {
        let folder = Page.project.appending(path: "Tests/HSMWatchCoreTests/Golden")
        var sent: [String: Set<String>] = ["long": [], "double": []]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            var parser = JSONParser(Array(try Data(contentsOf: file)))
            guard case .object(let message) = try parser.value() else { continue }
            for name in message.names where name.hasPrefix("_") {
                switch message[name] {
                case .integer: sent["long"]?.insert(String(name.dropFirst()))
                case .decimal: sent["double"]?.insert(String(name.dropFirst()))
                default: break
                }
            }
        }
        let documented = try Page("docs/graylog-storage.md").table(headed: "| type | fields").map { cells in
            (cells[0], Set(cells[1].matches(of: /`(.*?)`/).map { String($0.1) }))
        }
        #expect(Dictionary(uniqueKeysWithValues: documented) == sent)
    }
}
