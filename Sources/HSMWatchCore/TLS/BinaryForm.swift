// SPDX-License-Identifier: Apache-2.0

/// What a file of bytes holds where PEM was wanted, by its outermost DER elements. The rest is not looked at.
package enum BinaryForm: Equatable, Sendable {
    case certificate
    /// PKCS#8, PKCS#1 or EC, encrypted or not.
    case privateKey
    case pkcs12

    /// `version` of a PKCS#12 archive (RFC 7292 section 4).
    private static let pkcs12Version: [UInt8] = [3]

    /// Nil when `bytes` are none of these.
    package init?(_ bytes: [UInt8]) {
        var outer = DERReader(bytes[...])
        guard var body = outer.enter(.sequence) else { return nil }
        if let version = body.read(.integer) {
            let isArchive = Array(version) == Self.pkcs12Version && body.read(.sequence) != nil
            self = isArchive ? .pkcs12 : .privateKey
        } else if var first = body.enter(.sequence) {
            // An encrypted key begins with its algorithm, a certificate with its version or serial number.
            let isKey = first.read(.objectIdentifier) != nil && body.read(.octetString) != nil
            self = isKey ? .privateKey : .certificate
        } else {
            return nil
        }
    }
}
