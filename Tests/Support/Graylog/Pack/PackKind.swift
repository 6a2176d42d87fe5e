// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What a value in a content pack must be.
///
/// Stricter than Graylog in one thing: it converts a number that should be a text, or `"1"` to 1, without a word, and that
/// is a mistake all the same.
indirect enum PackKind: Sendable {
    /// Plain JSON values. A number may be an integer, too.
    case text, number, flag
    case integer(ClosedRange<Int64>)
    /// One of these texts.
    case word([String])
    /// `{"@type": …, "@value": …}` of that type, or a parameter of it.
    case wrapped(WrappedType)
    /// The same, but where Graylog does not look at parameters.
    case wrappedValue(WrappedType)
    /// An object with these keys and no others.
    case object(PackSchema)
    /// An object whose keys and class depend on the value of one of them.
    case variant(by: String, [String: PackSchema])
    case list(PackKind)
    /// An object with keys of one's own.
    case dictionary(PackKind)
    /// A list or an object in which nothing may be, because nothing is known here of what could be in it.
    case emptyList, emptyObject
    /// Values in an input's configuration: wrapped, or objects and lists of such.
    case references
    /// What is looked at elsewhere.
    case any
    /// Nothing, but for `null` where that may be.
    case nothing
    /// The value, or `null`.
    case optional(PackKind)

    /// An integer that is not negative.
    static let count = PackKind.integer(0...Int64(Int32.max))
    /// An integer of Java's `long` that is not negative.
    static let milliseconds = PackKind.integer(0...Int64.max)
}
