// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService
import TestSupport
import Testing

@Suite("docs/hsmwatch-content-pack.json and the dashboard")
struct DocumentedContentPackTests {
    private static let file = "docs/hsmwatch-content-pack.json"
    /// Letters that Graylog shows of a title beside its buttons, in a tile of three columns.
    private static let shownLetters = 13

    private static func made() throws -> [UInt8] {
        let file = Page.project.appending(path: "systemd/hsmwatch.yaml").path
        let configuration = try #require(ConfigurationFile.load(file, acceptsExample: true).configuration)
        return ContentPack([configuration], try ContentPackOptions()).json(revision: 1)
    }

    @Test("is the pack of the example configuration")
    func pack() throws {
        #expect(
            try Page(Self.file).text == String(decoding: Self.made(), as: UTF8.self),
            "to make it again: hsmwatch content-pack --config systemd/hsmwatch.yaml >\(Self.file)")
    }

    @Test("the page has every part of the dashboard, and the picture's caption says whose it is")
    func parts() throws {
        let page = try Page("docs/graylog.md")
        let documented = page.table(headed: "| part of the dashboard |").flatMap {
            $0[0].components(separatedBy: " · ")
        }
        #expect(documented.sorted() == (try PackContent(Self.made()).widgets.keys.sorted()))
        #expect(page.text.contains("](pictures/dashboard.png)"))
        #expect(page.text.contains("a live Graylog 6.1.4 on 2026-11-30"))
    }

    @Test("every tile is wide enough for its title")
    func titles() throws {
        for (title, place) in try PackContent(Self.made()).widgets where place.width < 6 {
            let fits = place.width >= 3 && title.count <= (place.width == 3 ? Self.shownLetters : 4 * place.width)
            #expect(fits, "\(title)")
        }
    }
}
