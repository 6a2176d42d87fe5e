// SPDX-License-Identifier: Apache-2.0

/// The first line of a file that holds a secret: the password of a key, the value of a header, or an access token.
package struct SecretLine: Equatable, Sendable {
    /// Bytes of a password: the TLS library has a buffer of 1024 with a NUL at the end, and drops what is longer.
    package static let passwordLimit = 1023
    /// U+FEFF in UTF-8, which some editors put at the start of a text.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let bytes: [UInt8]

    /// - Parameter file: its contents. A byte order mark at its start is no part of the line.
    package init(ofFile file: [UInt8]) {
        let text = file.dropFirst(file.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0)
        bytes = Array(text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    }

    /// The password of an encrypted key.
    ///
    /// At a byte over 0x7F the TLS library ends the process (`CChar` of a `UInt8` in its password callback), so such a
    /// password must never reach it.
    ///
    /// - Throws: in words that follow the file's path.
    package func password(of keyPath: String) throws(InvalidText) -> [UInt8] {
        guard !bytes.isEmpty else {
            throw InvalidText("has an empty first line; needed: the password of \(keyPath)")
        }
        if let index = bytes.firstIndex(where: { $0 > 0x7F }) {
            throw InvalidText(
                "is not ASCII in its first line: byte \(index + 1) is \(hexadecimal(index)); "
                    + "needed: a password of ASCII characters, for example by 'openssl pkey -aes256'")
        }
        guard bytes.count <= Self.passwordLimit else {
            throw InvalidText("has \(bytes.count) bytes in its first line; needed: at most \(Self.passwordLimit)")
        }
        return bytes
    }

    /// The value of an HTTP header (RFC 9110 section 5.5).
    ///
    /// - Throws: in words that follow the file's path.
    package func headerValue() throws(InvalidText) -> String {
        guard bytes.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else {
            throw InvalidText("cannot be sent as a header: its first line is empty")
        }
        if let index = bytes.firstIndex(where: { !HTTPText.isInHeaderValue($0) }) {
            throw InvalidText(
                "cannot be sent as a header: byte \(index + 1) of its first line is \(hexadecimal(index)); "
                    + "needed: visible ASCII and spaces")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An access token of a Graylog user. Graylog's own are letters and digits; a colon would end it (RFC 7617).
    ///
    /// - Throws: in words that follow the file's path.
    package func token() throws(InvalidText) -> String {
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) else {
            throw InvalidText("is none; allowed: visible ASCII without spaces and colons, in the first line")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func hexadecimal(_ index: Int) -> String {
        (bytes[index] < 16 ? "0x0" : "0x") + String(bytes[index], radix: 16, uppercase: true)
    }
}
