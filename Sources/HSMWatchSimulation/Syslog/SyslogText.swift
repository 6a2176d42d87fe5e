// SPDX-License-Identifier: Apache-2.0

/// What is left of a syslog message while a parser takes word after word off its beginning.
///
/// By scalars, not by characters: CR LF is two of them, as in Java.
struct SyslogText {
    private(set) var scalars: ArraySlice<Unicode.Scalar>

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)[...]
    }

    var string: String { Self.string(scalars) }

    var count: Int { scalars.count }

    /// The scalar at a distance from the beginning; `nil` beyond the end.
    func scalar(_ offset: Int) -> Unicode.Scalar? {
        offset < scalars.count ? scalars[scalars.startIndex + offset] : nil
    }

    /// What stands before the first blank; `nil` when there is none.
    var firstWord: String? {
        scalars.firstIndex(of: " ").map { Self.string(scalars[..<$0]).trimmed }
    }

    /// The first `count` scalars.
    func prefix(_ count: Int) -> String {
        Self.string(scalars.prefix(count))
    }

    /// Takes the first `count` scalars off.
    mutating func drop(_ count: Int) {
        scalars = scalars.dropFirst(count)
    }

    /// Takes the first word off with its blank, and returns it; `nil` when there is no blank.
    mutating func takeWord() -> String? {
        guard let blank = scalars.firstIndex(of: " "), let word = firstWord else { return nil }
        scalars = scalars[(blank + 1)...]
        return word
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
