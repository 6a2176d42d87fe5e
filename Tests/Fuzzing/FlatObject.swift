// SPDX-License-Identifier: Apache-2.0

/// Reads one flat JSON object strictly by RFC 8259, byte by byte, as a fuzzer needs it: fast. Its values are strings and
/// numbers, all that Graylog stores.
struct FlatObject {
    private let bytes: [UInt8]
    private var offset = 0

    /// The names in their order, as they are written; nil when it is something else.
    static func names(of bytes: [UInt8]) -> [ArraySlice<UInt8>]? {
        var object = FlatObject(bytes)
        return object.names()
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func names() -> [ArraySlice<UInt8>]? {
        guard take("{") else { return nil }
        var names: [ArraySlice<UInt8>] = []
        repeat {
            let begin = offset
            guard string() else { return nil }
            names.append(bytes[(begin + 1)..<(offset - 1)])
            guard take(":"), string() || number() else { return nil }
        } while take(",")
        return take("}") && offset == bytes.count ? names : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while offset < bytes.count {
            if take("\"") { return true }
            guard take("\\") else {
                guard bytes[offset] >= 0x20 else { return false }
                offset += 1
                continue
            }
            let isLong = offset < bytes.count && bytes[offset] == UInt8(ascii: "u")
            let digits = bytes[offset...].dropFirst().prefix(4)
            let isEscape =
                isLong
                ? digits.count == 4 && digits.allSatisfy("0123456789abcdefABCDEF".utf8.contains)
                : offset < bytes.count && "\"\\/bfnrt".utf8.contains(bytes[offset])
            guard isEscape else { return false }
            offset += isLong ? 5 : 1
        }
        return false
    }

    /// Without an exponent, which hsmwatch never writes.
    private mutating func number() -> Bool {
        _ = take("-")
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[offset - whole] != UInt8(ascii: "0") else { return false }
        return !take(".") || digits() > 0
    }

    private mutating func digits() -> Int {
        let digits = bytes[offset...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        offset = digits.endIndex
        return digits.count
    }
}
