// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Display text")
struct DisplayTextTests {
    @Test(
        "columns are counted as a terminal counts them",
        arguments: [("", 0), ("khi-1", 5), ("…", 1), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("🔥", 2), ("█░▁", 3)])
    func columns(text: String, columns: Int) {
        #expect(DisplayText.columns(of: text) == columns)
    }

    @Test(
        "text is cut at its end or inside, to no more columns than there are",
        arguments: [
            ("khi-payment-123", 15, "khi-payment-123", "khi-payment-123"),
            ("khi-payment-123", 10, "khi-payme…", "khi-…t-123"), ("漢字漢字", 4, "漢…", "…字"), ("abc", 1, "…", "…c"),
            ("abc", 0, "", ""),
        ])
    func cuts(text: String, width: Int, end: String, inside: String) {
        #expect(DisplayText.cut(text, to: width) == end)
        #expect(DisplayText.columns(of: DisplayText.fit(text, to: width)) == width)
        if width > 1 { #expect(DisplayText.cutInside(text, to: width) == inside) }
        if width > 1 { #expect(DisplayText.columns(of: DisplayText.fitName(text, to: width)) == width) }
    }

    @Test("what a terminal would obey becomes visible")
    func visible() {
        #expect(DisplayText.visible("a\u{1B}[31m\n\0\u{7F}\u{9B}\u{202E}é") == "a␛[31m␊␀␡\u{FFFD}\u{FFFD}é")
    }
}

@Suite("Gauge")
struct GaugeTests {
    @Test(
        "a bar is empty only for nothing and full only for all",
        arguments: [
            (0, 64, "░░░░"), (1, 1_000_000, "▏░░░"), (32, 64, "██░░"), (63, 64, "███▉"), (999_999, 1_000_000, "███▉"),
            (64, 64, "████"), (40, 64, "██▌░"), (5, 0, "▏░░░"),
        ])
    func bar(part: Int, total: Int, expected: String) {
        #expect(Gauge.bar(part, of: total, width: 4) == expected)
    }

    @Test("a line of readings ends with the latest, and shows which probes failed")
    func sparkline() {
        #expect(Gauge.sparkline([0, 8, 16, 24, 32, 40, 48, 56, 64, nil], of: 64, width: 12) == "  ▁▂▃▄▅▆▇██×")
        #expect(Gauge.sparkline([0, nil, 64], of: 64, width: 2) == "×█")
        #expect(Gauge.sparkline([nil], of: 0, width: 3) == "  ×")
        #expect(Gauge.sparkline([], of: 64, width: 0) == "")
    }
}

@Suite("Short text")
struct ShortTextTests {
    @Test(
        "a duration takes at most five columns",
        arguments: [
            (-5, "0s"), (0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"),
            (86_400, "1d"), (1 << 53, "9999d"),
        ])
    func seconds(seconds: Int, expected: String) {
        #expect(ShortText.seconds(seconds) == expected)
    }

    @Test(
        "a latency takes at most five columns",
        arguments: [
            (0, "0.0ms"), (213, "0.2ms"), (9949, "9.9ms"), (9950, "10ms"), (999_499, "999ms"), (999_500, "1.0s"),
            (2_000_000, "2.0s"), (61_000_000, "1m"),
        ])
    func latency(microseconds: Int, expected: String) {
        #expect(ShortText.latency(.microseconds(microseconds)) == expected)
    }
}
