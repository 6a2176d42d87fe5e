// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The version of a Graylog server, on which it depends what its REST resources want.
package struct GraylogRelease: Comparable, Sendable {
    /// The oldest that takes the content pack and the mapping of fields.
    package static let oldest = GraylogRelease(major: 5, minor: 2)

    /// From here on what is made may be shared at once, for which requests have room, and a stream is paused at first.
    private static let sharing = GraylogRelease(major: 7, minor: 0)

    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(major: Int, minor: Int, patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `7.1.0`, `6.3.0-rc.1` or `5.2.0+d9cb71c`; what follows the three numbers does not count. nil when it is
    /// none.
    package init?(parsing text: String) {
        let numbers = text.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
        let parts = numbers.compactMap { WholeNumber.parse($0) }
        guard parts.count == numbers.count, (2...3).contains(parts.count) else { return nil }
        self.init(major: parts[0], minor: parts[1], patch: parts.count == 3 ? parts[2] : 0)
    }

    /// Whether the body of an installation is wrapped, and the pack's stream is paused at first.
    package var isSharing: Bool { self >= Self.sharing }

    package static func < (left: GraylogRelease, right: GraylogRelease) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}

extension GraylogRelease: CustomStringConvertible {
    package var description: String { "\(major).\(minor).\(patch)" }
}

/// What Graylog calls one of its things; it becomes part of a path, and so it has only letters, digits and `-`.
package struct GraylogID: Hashable, Sendable {
    /// Characters at most; MongoDB's have 24, a UUID 36.
    private static let longest = 64

    private let text: String

    package init(parsing text: String) throws(InvalidText) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", "-": true
            default: false
            }
        }
        guard isPlain, (1...Self.longest).contains(text.utf8.count) else {
            throw InvalidText("\(text.quoted) is not an id; allowed: 1 … \(Self.longest) letters, digits and -")
        }
        self.text = text
    }
}

extension GraylogID: CustomStringConvertible {
    package var description: String { text }
}

/// The times of a message that Graylog has found.
package struct GraylogTime: Equatable, Sendable {
    /// Clocks that differ by more make alerts late, or mute: a definition looks at a window of 15 seconds.
    package static let tolerance = Duration.seconds(2)

    /// How much later Graylog received it, by its own clock, than the message says; negative when earlier.
    package let lateness: Duration

    /// Reads `2026-11-30T19:34:05.216Z` and `2026-11-30 19:34:05.434`, as live servers write them; nil when it is
    /// neither.
    package init?(sent: String, received: String) {
        guard let sent = Self.milliseconds(sent), let received = Self.milliseconds(received) else { return nil }
        lateness = .milliseconds(received - sent)
    }

    /// What is said when the clocks differ; nil when they do not.
    package var warning: String? {
        guard lateness > Self.tolerance || lateness < .zero - Self.tolerance else { return nil }
        let amount = DurationText.format(.seconds((lateness < .zero ? .zero - lateness : lateness).wholeSeconds))
        let words = lateness < .zero ? "\(amount) before" : "\(amount) after"
        return
            "Graylog received the test message \(words) the message's own time: this machine's clock and Graylog's differ, "
            + "or the way is slow, and alerts come late or not at all; synchronise both clocks"
    }

    private static func milliseconds(_ text: String) -> Int64? {
        let numbers = text.split { !$0.isASCII || !$0.isNumber }.compactMap { Int64($0) }
        let limits: [ClosedRange<Int64>] = [1970...9999, 1...12, 1...31, 0...23, 0...59, 0...60, 0...999]
        guard numbers.count == limits.count, zip(limits, numbers).allSatisfy({ $0.contains($1) }) else { return nil }
        let days = days(year: numbers[0], month: numbers[1], day: numbers[2])
        return ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60_000 + numbers[5] * 1000 + numbers[6]
    }

    /// Days since 1970-01-01 in the Gregorian calendar, of which the year begins in March here.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let (era, yearOfEra) = (year / 400, year % 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
