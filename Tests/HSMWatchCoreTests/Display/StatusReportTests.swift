// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import HSMWatchCore

/// What is shown, character by character: the files in `Golden`.
enum DisplayGolden {
    static func text(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        return try String(contentsOf: folder.appending(path: "\(name).txt"), encoding: .utf8)
    }

    /// The lines as in a golden file, where an escape character is its picture.
    static func text(_ lines: [StyledLine], isColoured: Bool = false) -> String {
        lines.map { $0.text(isColoured: isColoured).replacing("\u{1B}", with: "␛") + "\n" }.joined()
    }
}

@Suite("Status report")
struct StatusReportTests {
    @Test("80 columns hold it all, and wider ones hold longer bars and lines", arguments: [80, 100, 120])
    func terminal(columns: Int) throws {
        let lines = StatusReport(try .mixed(), columns: columns).lines()
        let text = DisplayGolden.text(lines)
        #expect(try text == DisplayGolden.text("report-\(columns)"), "\(text)")
        #expect(lines.allSatisfy { $0.columns <= columns })
    }

    @Test("without a terminal no name and no address is cut")
    func noTerminal() throws {
        let long = try HSMSnapshot.sample(
            String(repeating: "name-", count: 12), port: 1, state: .ok, [1], of: 2, for: 0)
        let text = DisplayGolden.text(StatusReport(.sample([long]), columns: nil).lines())
        #expect(text.contains("\(long.name) \(long.address) ok "))
        let cut = DisplayGolden.text(StatusReport(.sample([long]), columns: 80).lines())
        #expect(cut.contains("name-na…e-name- 10.1…:9011 ok "), "\(cut)")
    }

    @Test("states are coloured with a background where a letter's colour would be weak")
    func colours() throws {
        let text = DisplayGolden.text(StatusReport(try .mixed(), columns: 80).lines(), isColoured: true)
        #expect(try text == DisplayGolden.text("report-coloured"), "\(text)")
    }

    @Test("a spool in memory and dropped messages stand out")
    func trouble() {
        let lines = StatusReport(.sample([], storage: .memory, dropped: 5), columns: 80).lines()
        #expect(
            lines[2].text(isColoured: true) == "13200 probes, 12 failed, 1 skipped; "
                + "\u{1B}[31m3 messages spooled in memory, the disk fails, \u{1B}[0m\u{1B}[31m5 dropped\u{1B}[0m")
    }

    @Test("overdue HSMs and a clock that is not synchronised stand out beside the states")
    func overdueAndClock() throws {
        let hsm = try HSMSnapshot.sample("khi-1", port: 1, state: .ok, [60], of: 64, for: 5)
        let snapshot = Snapshot.sample([hsm], overdue: 2, clockUnsynchronised: .seconds(1500))
        let lines = StatusReport(snapshot, columns: 80).lines()
        #expect(lines[1].text(isColoured: false) == "1 HSM: 1 ok; 2 overdue; clock not synchronised for 25m")
        #expect(lines[1].text(isColoured: true).contains("\u{1B}[31m2 overdue\u{1B}[0m"))
    }

    @Test("text of others cannot command the terminal")
    func control() throws {
        let text = StatusReport(try .mixed(), columns: 80).lines().map { $0.text(isColoured: false) }.joined()
        #expect(text.contains("connection␊refused ␛[2J"))
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
}

@Suite("Status screen")
struct StatusScreenTests {
    private static func fleet(_ count: Int) throws -> Snapshot {
        let hsms = try (1...count).map {
            try HSMSnapshot.sample("khi-\($0)", port: $0, state: .ok, [60, 61], of: 64, for: 5)
        }
        return .sample(hsms, outputs: [.connected(), .down()])
    }

    private static func text(
        _ snapshot: Snapshot?, _ rows: Int, _ columns: Int, link: StatusScreen.Link = .current, keys: String = ""
    ) -> String {
        let screen = StatusScreen(snapshot, link: link, size: .init(rows: rows, columns: columns))
        var view = StatusView()
        var decoder = KeyDecoder()
        for key in decoder.decode(keys.utf8) { _ = view.handle(key, page: screen.page, of: screen.rows) }
        let lines = screen.lines(view)
        #expect(lines.count == rows)
        #expect(lines.allSatisfy { $0.columns == columns })
        return DisplayGolden.text(lines)
    }

    @Test("24 rows of 80 columns show five HSMs, the outputs and the keys")
    func few() throws {
        let text = Self.text(try .mixed(), 24, 80)
        #expect(try text == DisplayGolden.text("screen-80x24"), "\(text)")
    }

    @Test("500 HSMs are scrolled, and the position is shown")
    func many() throws {
        let text = Self.text(try Self.fleet(500), 24, 80, keys: "n\u{1B}[6~\u{1B}[B")
        #expect(try text == DisplayGolden.text("screen-80x24-scrolled"), "\(text)")
        #expect(Self.text(try Self.fleet(500), 40, 120, keys: "G").contains("470–500 of 500"))
    }

    @Test("what is shown of a service that has gone away says so, and that it is tried again")
    func lost() throws {
        let lines = Self.text(
            try .mixed(), 24, 80, link: .lost("hsmwatch is not running", seconds: 75))
        #expect(lines.hasPrefix(" as it was 1m ago: hsmwatch is not running; trying again\n6 HSMs: "), "\(lines)")
        #expect(Self.text(nil, 24, 80, link: .connecting).hasPrefix("asking the service …\n"))
        #expect(Self.text(nil, 24, 80, link: .lost("no", seconds: 0)).hasPrefix(" no; trying again\n"))
    }

    @Test("is exactly as large as the terminal, however small that is", arguments: [1, 2, 5, 8, 24], [1, 20, 79, 300])
    func sizes(rows: Int, columns: Int) throws {
        #expect(!Self.text(try Self.fleet(30), rows, columns).isEmpty)
    }

    @Test("a frame is one piece that erases nothing, between the marks of a synchronized update")
    func frame() throws {
        let frame = StatusScreen(try .mixed(), link: .current, size: .init(rows: 24, columns: 80)).frame(StatusView())
        #expect(frame.hasPrefix("\u{1B}[?2026h\u{1B}[H"))
        #expect(frame.hasSuffix("\u{1B}[?2026l"))
        #expect(frame.split(separator: "\r\n").count == 24)
        #expect(!frame.contains("\u{1B}[2J") && !frame.contains("\u{1B}[K"))
    }
}
