// SPDX-License-Identifier: Apache-2.0

/// Reads one element of DER after the other (X.690).
struct DERReader {
    /// The tags that are asked for.
    enum Tag: UInt8 {
        case boolean = 0x01
        case integer = 0x02
        case bitString = 0x03
        case octetString = 0x04
        case objectIdentifier = 0x06
        case sequence = 0x30
        /// `[0]` of a certificate.
        case version = 0xA0
        /// `[3]` of a certificate.
        case extensions = 0xA3
        /// `[0]` of an authority key identifier.
        case keyIdentifier = 0x80
    }

    /// Bytes that a length in more than one byte may have.
    private static let lengthBytes = 4

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Whether everything was read.
    var isAtEnd: Bool { rest.isEmpty }

    /// The contents of the next element; nil, and nothing is read, when that has another tag or is not whole.
    mutating func read(_ tag: Tag) -> ArraySlice<UInt8>? {
        guard rest.first == tag.rawValue else { return nil }
        return readAny()?.contents
    }

    /// A reader of the next element's contents; nil as with `read`.
    mutating func enter(_ tag: Tag) -> DERReader? {
        read(tag).map(DERReader.init)
    }

    /// The next element with any tag, its contents and all of its bytes; nil, and nothing is read, when it is not whole.
    mutating func readAny() -> (contents: ArraySlice<UInt8>, whole: ArraySlice<UInt8>)? {
        var bytes = rest
        guard bytes.popFirst() != nil, let length = Self.length(&bytes), length <= bytes.count else { return nil }
        let contents = bytes.prefix(length)
        let whole = rest.prefix(upTo: contents.endIndex)
        rest = bytes.dropFirst(length)
        return (contents, whole)
    }

    private static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.popFirst() else { return nil }
        guard first >= 0x80 else { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...lengthBytes).contains(count), bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
    }
}
