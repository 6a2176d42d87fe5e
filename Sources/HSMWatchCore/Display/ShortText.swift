// SPDX-License-Identifier: Apache-2.0

/// Durations in at most five columns, for a table.
enum ShortText {
    /// The largest unit, cut: `59s`, `59m`, `23h`, `9999d`; of a clock that was set back: `0s`.
    static func seconds(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(max(0, seconds))s"
        case ..<3600: "\(seconds / 60)m"
        case ..<86_400: "\(seconds / 3600)h"
        default: "\(min(9999, seconds / 86_400))d"
        }
    }

    /// How long ago something was.
    static func age(_ then: Moment, at now: Moment) -> String {
        seconds(Int((now.instant - then.instant).wholeSeconds))
    }

    /// `0.2ms`, `12ms`, `1.2s`, `59s`.
    static func latency(_ latency: Duration) -> String {
        let microseconds = Int(clamping: latency.wholeNanoseconds / 1000)
        return switch microseconds {
        case ..<9950: tenths(microseconds, of: 1000) + "ms"
        case ..<999_500: "\((microseconds + 500) / 1000)ms"
        case ..<9_950_000: tenths(microseconds, of: 1_000_000) + "s"
        default: seconds(microseconds / 1_000_000)
        }
    }

    private static func tenths(_ number: Int, of unit: Int) -> String {
        let tenths = (number * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }
}
