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
