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

    /// Reads `7.1.0`, `6.3.0-rc.1` or `5.2.0+d9cb71c`; what follows the three numbers does not count. nil when it is none.
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
