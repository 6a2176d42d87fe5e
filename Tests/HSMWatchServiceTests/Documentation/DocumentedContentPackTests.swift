// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("docs/hsmwatch-content-pack.json and its picture")
struct DocumentedContentPackTests {
    private static let file = "docs/hsmwatch-content-pack.json"

    /// The grid of `scripts/draw-dashboard`.
    private static let (left, top, column, row, gap) = (12, 72, 73, 36, 8)

    private static func made() throws -> [UInt8] {
        let file = ExampleConfigurationTests.file.path
        let configuration = try #require(ConfigurationFile.load(file, acceptsExample: true).configuration)
        return ContentPack([configuration], try ContentPackOptions()).json(revision: 1)
    }

    @Test("is the pack of the example configuration")
    func pack() throws {
        #expect(
            try Page(Self.file).text == String(decoding: Self.made(), as: UTF8.self),
            """
            to make it again: hsmwatch content-pack --config systemd/hsmwatch.yaml >\(Self.file)
            and its picture: scripts/draw-dashboard \(Self.file) >docs/pictures/dashboard.svg
            """)
    }

    @Test("the picture has the dashboard's title, and each widget with its title at its place")
    func picture() throws {
        let content = try PackContent(Self.made())
        let picture = try Page("docs/pictures/dashboard.svg").text
        #expect(picture.contains(">\(try #require(content.dashboardTitle))</text>"))
        let drawn = picture.matches(
            of: /<svg x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)">\n<rect .*\n<text .* class="title">(.*)<\/text>/
        ).map { match in
            "\(match.5): \(match.1) \(match.2) \(match.3) \(match.4)"
        }
        let expected = content.widgets.map { title, place in
            let x = Self.left + (place.col - 1) * Self.column
            let y = Self.top + (place.row - 1) * Self.row
            return "\(title): \(x) \(y) \(place.width * Self.column - Self.gap) \(place.height * Self.row - Self.gap)"
        }
        #expect(
            drawn.sorted() == expected.sorted(),
            "to draw it again: scripts/draw-dashboard \(Self.file) >docs/pictures/dashboard.svg")
    }
}
