// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them: `100ms 5s 2m 1h 1d`.
package enum DurationText {
    private static let units: UnitText.Units = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// The duration, which must be within `range`.
    package static func parse(
        _ text: String, in range: ClosedRange<Duration> = ConfigurationLimits.anyDuration
    ) throws(InvalidText) -> Duration {
        guard let milliseconds = UnitText.parse(text, units: units) else {
            let problem = WholeNumber.parse(text) == nil ? "is not a duration" : "has no unit"
            throw InvalidText("\(text.quoted) \(problem); allowed: a whole number with ms, s, m, h or d, e.g. 5s")
        }
        let duration = Duration.milliseconds(milliseconds)
        guard range.contains(duration) else {
            let allowed = "\(format(range.lowerBound)) … \(format(range.upperBound))"
            throw InvalidText("\(text) is out of range; allowed: \(allowed)")
        }
        return duration
    }

    /// The duration in the largest unit that says it exactly, cut to milliseconds.
    package static func format(_ duration: Duration) -> String {
        UnitText.format(Int(duration.wholeMilliseconds), units: units)
    }
}
