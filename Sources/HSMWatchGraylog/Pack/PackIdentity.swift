// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Ids that a name always gets again, so that a second run gives the same content pack and a later one replaces it.
enum PackIdentity {
    /// A UUID of version 8, whose bits the application chooses (RFC 9562 section 5.8).
    static func uuid(of name: String) -> String {
        // 4 bits of version and 2 of variant stand at fixed places.
        let high = hash("uuid", name) & ~0xF000 | 0x8000
        let low = hash("diuu", name) & ~(0b11 << 62) | 0b10 << 62
        let digits = Array(digits(of: high) + digits(of: low))
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }

    /// 24 hexadecimal digits, as MongoDB names its documents: Graylog 7.0.0 installs no stream of another id.
    static func objectID(of name: String) -> String {
        digits(of: hash("object", name)) + digits(of: hash("tcejbo", name)).prefix(8)
    }

    /// 16 hexadecimal digits that tell one text from another.
    static func fingerprint(of text: String) -> String {
        digits(of: StableHash.of(text))
    }

    private static func hash(_ salt: String, _ name: String) -> UInt64 {
        StableHash.of("hsmwatch \(salt) \(name)")
    }

    private static func digits(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
