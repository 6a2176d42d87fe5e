// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Text in ASCII")
struct ASCIITextTests {
    @Test("a bar is empty only for nothing and full only for all", arguments: 0...16)
    func bar(part: Int) {
        let bar = ASCIIText.drawn(Gauge.bar(part, of: 16, width: 8))
        #expect(bar.utf8.count == 8)
        #expect((bar == "########") == (part == 16))
        #expect((bar == "........") == (part == 0))
        #expect(bar.allSatisfy { "#-.".contains($0) })
    }

    @Test("a sparkline has a sign for each height")
    func sparkline() {
        let line = ASCIIText.drawn(Gauge.sparkline([0, 1, 2, 3, 4, 5, 6, 7, nil], of: 8, width: 10))
        #expect(line == " _.,-=+*#x")
        #expect(Set(line).count == 10)
    }

    @Test(
        "every text keeps its columns, and its ASCII",
        arguments: [
            "größe", "gro\u{308}ße", "監視 a…", "e\u{301}", "☎\u{FE0F}", "\u{1B}[32mok\u{1B}[0m ↑↓ 1–2", "\u{301}",
        ])
    func columns(text: String) {
        let drawn = ASCIIText.drawn(text)
        #expect(drawn.utf8.allSatisfy { $0 < 0x80 }, "\(drawn)")
        #expect(drawn.utf8.count == DisplayText.columns(of: text), "\(drawn)")
    }

    @Test("a whole screen is ASCII, each line as wide as the terminal")
    func screen() throws {
        let size = StatusScreen.Size(rows: 24, columns: 80)
        let screen = StatusScreen(try .mixed(), link: .current, size: size)
        for line in screen.lines(StatusView()) {
            let drawn = ASCIIText.drawn(line.text(isColoured: false))
            #expect(drawn.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(drawn)")
            #expect(drawn.utf8.count <= size.columns)
        }
    }
}
