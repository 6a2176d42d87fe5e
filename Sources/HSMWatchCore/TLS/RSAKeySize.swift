// SPDX-License-Identifier: Apache-2.0

/// How long the RSA key of a certificate is, read from the certificate's DER form (RFC 5280 section 4.1, RFC 8017).
///
/// It reads no further than it must, and answers nil for what it does not understand: whether the certificate is well
/// formed is the TLS library's to judge.
package enum RSAKeySize {
    /// Bits that an RSA key must have: what is shorter has not been allowed since 2014 (NIST SP 800-131A).
    package static let leastBits = 2048

    /// Object identifiers of RSA and of RSASSA-PSS keys, as DER has them.
    private static let algorithms: [[UInt8]] = [1, 10].map { [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, $0] }

    /// Bits of the certificate's RSA key; nil when its key is of another kind.
    package static func bits(inCertificate der: [UInt8]) -> Int? {
        var outer = DERReader(der[...])
        guard var certificate = outer.read(.sequence).map(DERReader.init),
            var body = certificate.read(.sequence).map(DERReader.init)
        else { return nil }
        // The version may be absent; serial number, signature, issuer, validity and subject come before the key.
        _ = body.read(.version)
        guard body.read(.integer) != nil else { return nil }
        for _ in 0..<4 where body.read(.sequence) == nil { return nil }
        guard var information = body.read(.sequence).map(DERReader.init),
            var algorithm = information.read(.sequence).map(DERReader.init),
            let identifier = algorithm.read(.objectIdentifier), algorithms.contains(Array(identifier)),
            // The first byte counts unused bits.
            let key = information.read(.bitString)?.dropFirst()
        else { return nil }
        return bits(inKey: key)
    }

    private static func bits(inKey der: ArraySlice<UInt8>) -> Int? {
        var outer = DERReader(der)
        guard var key = outer.read(.sequence).map(DERReader.init),
            let modulus = key.read(.integer)?.drop(while: { $0 == 0 }), let first = modulus.first
        else { return nil }
        return modulus.count * 8 - first.leadingZeroBitCount
    }
}

/// Reads one element of DER after the other (X.690).
private struct DERReader {
    enum Tag: UInt8 {
        case integer = 0x02
        case bitString = 0x03
        case objectIdentifier = 0x06
        case sequence = 0x30
        /// `[0]` of a certificate.
        case version = 0xA0
    }

    /// Bytes that a length in more than one byte may have.
    private static let lengthBytes = 4

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The contents of the next element; nil, and nothing is read, when that has another tag or is not whole.
    mutating func read(_ tag: Tag) -> ArraySlice<UInt8>? {
        var bytes = rest
        guard bytes.popFirst() == tag.rawValue, let length = Self.length(&bytes), length <= bytes.count else {
            return nil
        }
        rest = bytes.dropFirst(length)
        return bytes.prefix(length)
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
