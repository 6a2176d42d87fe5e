// SPDX-License-Identifier: Apache-2.0

/// Text that becomes part of an HTTP request.
package enum HTTPText {
    /// Headers that the request itself needs.
    private static let ownHeaders: Set<String> = [
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te",
        "trailer", "transfer-encoding", "upgrade",
    ]

    /// `text` itself, if it is a path that needs no escapes and has no query, which Graylog would refuse.
    package static func checkPath(_ text: String) throws(InvalidText) -> String {
        let limit = ConfigurationLimits.httpPathLength
        guard text.utf8.count <= limit else {
            throw InvalidText("has \(text.utf8.count) characters; allowed: 1 … \(limit)")
        }
        guard text.hasPrefix("/"), text.utf8.allSatisfy(isInPath) else {
            throw InvalidText(
                "\(text.quoted) is not a path; allowed: / and then any of the characters "
                    + "A-Z a-z 0-9 / . _ ~ ! $ & ' ( ) * + , ; = : @ % -")
        }
        return text
    }

    /// `text` itself, if it may be the name of a header that is added (RFC 9110 section 5.6.2).
    static func checkHeaderName(_ text: String) throws(InvalidText) -> String {
        let lengths = 1...ConfigurationLimits.nameLength
        guard lengths.contains(text.utf8.count), text.utf8.allSatisfy(isInToken) else {
            throw InvalidText(
                "\(text.quoted) is not the name of a header; allowed: 1 … \(lengths.upperBound) of the characters "
                    + "A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~")
        }
        guard !ownHeaders.contains(text.lowercased()) else {
            throw InvalidText("\(text.quoted) is a header that every request has; allowed: another name")
        }
        return text
    }

    /// Whether the value of a header may have this byte (RFC 9110 section 5.5; those over 0x7F mean nothing anywhere).
    static func isInHeaderValue(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) || byte == UInt8(ascii: "\t")
    }

    private static func isInPath(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "/._~!$&'()*+,;=:@%-".utf8.contains(byte)
    }

    private static func isInToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9": true
        default: false
        }
    }
}
