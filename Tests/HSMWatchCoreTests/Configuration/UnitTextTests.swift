// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Durations, sizes and thresholds as text")
struct UnitTextTests {
    @Test(
        "a duration is a whole number with its unit, and is written in the largest exact one",
        arguments: [
            ("1ms", .milliseconds(1), "1ms"),
            ("100ms", .milliseconds(100), "100ms"),
            ("1500ms", .milliseconds(1500), "1500ms"),
            ("5000ms", .seconds(5), "5s"),
            ("5s", .seconds(5), "5s"),
            ("60s", .seconds(60), "1m"),
            ("90s", .seconds(90), "90s"),
            ("2m", .seconds(120), "2m"),
            ("1h", .seconds(3600), "1h"),
            ("24h", .seconds(86_400), "1d"),
            ("3650d", .seconds(3650 * 86_400), "3650d"),
        ] as [(String, Duration, String)])
    func duration(text: String, duration: Duration, written: String) throws {
        #expect(try DurationText.parse(text) == duration)
        #expect(DurationText.format(duration) == written)
    }

    @Test(
        "anything else is not a duration",
        arguments: [
            "", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "05s", "1.5s", "1e3s", "5S", "5sec", "5µs", "1h30m", "５s",
            "99999999999s", "99999999999999999999999999d",
        ])
    func notDuration(text: String) {
        let message = "'\(text)' is not a duration; allowed: a whole number with ms, s, m, h or d, e.g. 5s"
        #expect(throws: InvalidText(message)) { try DurationText.parse(text) }
    }

    @Test(
        "what a terminal would obey is told, not obeyed",
        arguments: ["\u{1B}", "\n", "\u{202E}", "\u{2028}", "\u{9B}"] as [Unicode.Scalar])
    func escaped(scalar: Unicode.Scalar) {
        let message =
            "'\(scalar.escaped(asASCII: true))' is not a duration; "
            + "allowed: a whole number with ms, s, m, h or d, e.g. 5s"
        #expect(throws: InvalidText(message)) { try DurationText.parse(String(scalar)) }
    }

    @Test("a duration without a unit gets its own error")
    func durationWithoutUnit() {
        let message = "'5' has no unit; allowed: a whole number with ms, s, m, h or d, e.g. 5s"
        #expect(throws: InvalidText(message)) { try DurationText.parse("5") }
    }

    @Test("a duration beyond its range is refused with the range", arguments: ["0ms", "99ms", "86401s", "9999999999d"])
    func durationOutOfRange(text: String) {
        let message = "\(text) is out of range; allowed: 100ms … 1d"
        #expect(throws: InvalidText(message)) { try DurationText.parse(text, in: ConfigurationLimits.interval) }
    }

    @Test("zero is no duration", arguments: ["0ms", "0s", "0d"])
    func zeroDuration(text: String) {
        #expect(throws: InvalidText("\(text) is out of range; allowed: 1ms … 3650d")) { try DurationText.parse(text) }
    }

    @Test(
        "a size is a whole number with its unit, and is written in the largest exact one",
        arguments: [
            ("64KiB", 65_536, "64KiB"),
            ("1024KiB", 1_048_576, "1MiB"),
            ("256MiB", 268_435_456, "256MiB"),
            ("1GiB", 1_073_741_824, "1GiB"),
            ("1025MiB", 1_074_790_400, "1025MiB"),
        ])
    func size(text: String, bytes: Int, written: String) throws {
        #expect(try SizeText.parse(text, in: ConfigurationLimits.spoolSize) == bytes)
        #expect(SizeText.format(bytes) == written)
    }

    @Test(
        "anything else is not a size",
        arguments: [
            ("256", "'256' has no unit"), ("256MB", "'256MB' is not a size"), ("1TiB", "'1TiB' is not a size"),
            ("1.5GiB", "'1.5GiB' is not a size"), ("", "'' is not a size"),
            ("256\u{212A}iB", "'256\u{212A}iB' is not a size"),
        ])
    func notSize(text: String, problem: String) {
        let message = "\(problem); allowed: a whole number with KiB, MiB or GiB, e.g. 256MiB"
        #expect(throws: InvalidText(message)) { try SizeText.parse(text, in: ConfigurationLimits.spoolSize) }
    }

    @Test(
        "a size beyond its range is refused with the range", arguments: ["0KiB", "63KiB", "1025GiB", "9999999999GiB"])
    func sizeOutOfRange(text: String) {
        let message = "\(text) is out of range; allowed: 64KiB … 1024GiB"
        #expect(throws: InvalidText(message)) { try SizeText.parse(text, in: ConfigurationLimits.spoolSize) }
    }

    @Test(
        "a threshold is a number of sockets or a percentage",
        arguments: [
            ("0", .absolute(0)), ("50", .absolute(50)), ("9999999999", .absolute(9_999_999_999)), ("1%", .percent(1)),
            ("100%", .percent(100)),
        ] as [(String, Threshold)])
    func threshold(text: String, threshold: Threshold) throws {
        #expect(try Threshold(parsing: text) == threshold)
        #expect(threshold.description == text)
    }

    @Test(
        "anything else is not a threshold",
        arguments: ["", "%", "0%", "101%", "20 %", "2.5%", "-1", "050", "10000000000", "many"])
    func notThreshold(text: String) {
        let message =
            "'\(text)' is not a threshold; allowed: 0 … 9999999999 sockets, or 1% … 100% of the total"
        #expect(throws: InvalidText(message)) { try Threshold(parsing: text) }
    }

    @Test("a message shows neither control characters nor endless text of the user's")
    func quotes() {
        let text = "\u{1B}[31m" + String(repeating: "x", count: 1000)
        let message = "'\\u{1B}[31m\(String(repeating: "x", count: 75))…' is not a duration"
        #expect { try DurationText.parse(text) } throws: { "\($0)".hasPrefix(message) }
    }
}
