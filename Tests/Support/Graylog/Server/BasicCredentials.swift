// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// Name and password of an `Authorization: Basic` header (RFC 7617).
struct BasicCredentials: Hashable {
    let name: String
    let password: String

    /// Reads the header's value; `nil` when there is no colon in what it encodes.
    init?(_ header: String) {
        let encoded = header.split(separator: " ", maxSplits: 1).last ?? ""
        let text = String(decoding: Self.decoded(encoded) ?? [], as: UTF8.self)
        guard let colon = text.firstIndex(of: ":") else { return nil }
        name = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }

    /// The bytes that a base64 text encodes (RFC 4648); `nil` when it is none.
    private static func decoded(_ text: Substring) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8.prefix(while: { $0 != UInt8(ascii: "=") }) {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
