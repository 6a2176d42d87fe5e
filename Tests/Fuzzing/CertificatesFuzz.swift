// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// A certificate in DER, whatever its bytes: the size of its key is none or one that the bytes have room for.
enum CertificatesFuzz {
    static func check(_ input: [UInt8]) throws(Violation) {
        guard let bits = RSAKeySize.bits(inCertificate: input) else { return }
        try require((0...8 * input.count).contains(bits), "a key of \(bits) bits in \(input.count) bytes")
        // What follows the certificate is none of its business.
        try require(RSAKeySize.bits(inCertificate: input + [0]) == bits, "another byte behind it changes its key")
    }
}
