// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// A file with a secret, whatever its bytes. What leaves it is the file's first line and nothing that a library or a peer
/// cannot take; what is said of it shows one byte of it at the most.
enum SecretsFuzz {
    /// Characters of what is wrong.
    private static let longestText = 200
    private static let keyPath = "/etc/key.pem"

    static func check(_ input: [UInt8]) throws(Violation) {
        let line = SecretLine(ofFile: input)
        let end = input.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? input.count
        try check(input[..<end], longest: SecretLine.passwordLimit, allowed: { $0 < 0x80 }) {
            () throws(InvalidText) in try line.password(of: keyPath)
        }
        try check(input[..<end], longest: .max, allowed: { (0x20...0x7E).contains($0) || $0 == 0x09 }) {
            () throws(InvalidText) in Array(try line.headerValue().utf8)
        }
        try check(input[..<end], longest: .max, allowed: { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) {
            () throws(InvalidText) in Array(try line.token().utf8)
        }
    }

    private static func check(
        _ line: ArraySlice<UInt8>, longest: Int, allowed: (UInt8) -> Bool, _ read: () throws(InvalidText) -> [UInt8]
    ) throws(Violation) {
        let bytes: [UInt8]
        do {
            bytes = try read()
        } catch {
            let text = error.description
            try require(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "the problem \(text.debugDescription)")
            return try require(text.utf8.count <= longestText, "a problem of \(text.utf8.count) characters")
        }
        try require(!bytes.isEmpty && bytes.count <= longest, "a secret of \(bytes.count) bytes")
        try require(bytes.allSatisfy(allowed), "a secret with a byte that nobody takes")
        // Without a byte order mark, which is not allowed anywhere.
        try require(bytes.elementsEqual(line.suffix(bytes.count)) && line.count - bytes.count <= 3, "another line")
    }
}
