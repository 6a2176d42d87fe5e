// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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
