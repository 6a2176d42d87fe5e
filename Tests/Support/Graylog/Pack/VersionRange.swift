// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// Which versions a constraint allows, in the notation of npm: `>=5.2.0`, `>=6.0.0 <7.0.0`, `^6.1.0`, `6.x || 7.x`.
///
/// Of npm's notation, ranges with a hyphen are not read. Source: the semver4j that Graylog uses, `Requirement.buildNPM`.
struct VersionRange {
    /// Lower bound, included, and upper bound, excluded.
    private struct Interval {
        var lower = GraylogVersion(0, 0)
        var upper = GraylogVersion(.max, 0)

        mutating func meet(_ other: Interval) {
            lower = max(lower, other.lower)
            upper = min(upper, other.upper)
        }
    }

    private let alternatives: [Interval]

    /// Reads a range; `nil` when it is none.
    init?(_ text: String) {
        var alternatives: [Interval] = []
        for alternative in Self.split(text) {
            var interval = Interval()
            for comparator in alternative.split(separator: " ") {
                guard let read = Self.interval(comparator) else { return nil }
                interval.meet(read)
            }
            alternatives.append(interval)
        }
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        self.alternatives = alternatives
    }

    func contains(_ version: GraylogVersion) -> Bool {
        alternatives.contains { $0.lower <= version && version < $0.upper }
    }

    private static func split(_ text: String) -> [Substring] {
        text.split(separator: "|", omittingEmptySubsequences: true)
    }

    private static func interval(_ text: Substring) -> Interval? {
        let sign = text.prefix { "<>=^~".contains($0) }
        let numbers = text.dropFirst(sign.count).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(numbers.count) else { return nil }
        var parts: [Int] = []
        for number in numbers {
            if ["x", "X", "*"].contains(number) { break }
            guard let part = Int(number), part >= 0 else { return nil }
            parts.append(part)
        }
        return interval(String(sign), parts)
    }

    private static func interval(_ sign: String, _ parts: [Int]) -> Interval? {
        guard let major = parts.first else { return sign.isEmpty ? Interval() : nil }
        let version = GraylogVersion(major, parts.count > 1 ? parts[1] : 0, parts.count > 2 ? parts[2] : 0)
        let nextMajor = GraylogVersion(major + 1, 0)
        let nextMinor = parts.count > 1 ? GraylogVersion(major, version.minor + 1) : nextMajor
        let next = parts.count > 2 ? GraylogVersion(major, version.minor, version.patch + 1) : nextMinor
        switch sign {
        case ">=": return Interval(lower: version)
        case ">": return Interval(lower: next)
        case "<": return Interval(upper: version)
        case "<=": return Interval(upper: next)
        case "", "=": return Interval(lower: version, upper: next)
        case "^": return Interval(lower: version, upper: nextMajor)
        case "~": return Interval(lower: version, upper: nextMinor)
        default: return nil
        }
    }
}
