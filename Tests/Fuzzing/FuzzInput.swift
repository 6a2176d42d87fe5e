// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// Makes values of a fuzzer's bytes, one after the other; behind their end everything is zero or empty.
struct FuzzInput {
    /// Ends a piece. No text in UTF-8 has this byte.
    static let separator: UInt8 = 0xFE

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        rest.popFirst() ?? 0
    }

    mutating func flag() -> Bool {
        byte() & 1 == 1
    }

    /// The bytes up to the next separator.
    mutating func piece() -> [UInt8] {
        let piece = rest.prefix { $0 != Self.separator }
        rest = rest[piece.endIndex...].dropFirst()
        return Array(piece)
    }

    /// The next piece as text, with U+FFFD for what is none.
    mutating func text() -> String {
        String(decoding: piece(), as: UTF8.self)
    }

    /// The next piece as a text that the configuration lets through, or that the service itself has written.
    mutating func visibleText() -> String {
        let text = text()
        return (try? VisibleText.check(text, maxLength: ConfigurationLimits.fieldValueLength)) ?? "x"
    }

    /// A whole number of at most `bits` bits, that many bytes of the input or one: small ones are as frequent as great.
    mutating func number(bits: Int) -> Int {
        let count = 1 + Int(byte()) % (bits / 8)
        return (0..<count).reduce(0) { number, _ in number << 8 | Int(byte()) }
    }

    /// One of the elements, of which there is one at least.
    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[Int(byte()) % elements.count]
    }
}
