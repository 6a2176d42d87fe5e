// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOSSL

/// Decides whether a peer is the one that was configured, by the certificate that it has proven to own.
///
/// NIOSSL verifies the chain and the dates only (`TLSFiles`). Its own look at the names also accepts the address of the
/// connection, the common name and `*`. So everything that opens a connection over TLS asks here: after the handshake, and
/// before it writes a byte.
enum PeerVerification {
    /// Why the peer is refused.
    enum Refusal: Error, Equatable {
        case name(expected: PeerIdentity, CertificateNames)
        case shortKey(serialNumber: String, bits: Int)
        case noCertificate
    }

    /// Looks at the certificate of a channel whose handshake is over.
    ///
    /// - Throws: `Refusal`
    /// - Returns: what it saw.
    @discardableResult
    static func verify(_ channel: any Channel, _ identity: PeerIdentity) throws -> NIOSSLCertificate {
        guard let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate() else {
            throw Refusal.noCertificate
        }
        let names = CertificateNames(certificate)
        guard identity.isCarried(by: names) else { throw Refusal.name(expected: identity, names) }
        if let bits = certificate.insufficientRSABits {
            throw Refusal.shortKey(serialNumber: CertificateTerm(certificate).serialNumber, bits: bits)
        }
        return certificate
    }
}

extension PeerVerification.Refusal: CustomStringConvertible {
    /// In words that follow the endpoint's name.
    var description: String {
        switch self {
        case .name(.name(let name), let found):
            "TLS: Graylog's certificate does not carry the name \(name); it carries \(found.text)"
        case .name(.address, let found):
            "TLS: Graylog's certificate does not carry the endpoint's address; it carries \(found.text)"
        case .shortKey(let serialNumber, let bits):
            "TLS: Graylog's certificate (serial \(serialNumber)) has an RSA key of \(bits) bits; "
                + "needed: at least \(RSAKeySize.leastBits)"
        case .noCertificate:
            "TLS: the peer has shown no certificate"
        }
    }
}

extension CertificateNames {
    init(_ certificate: NIOSSLCertificate) {
        var names: [String] = []
        var addresses: [[UInt8]] = []
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: names.append(String(decoding: name.contents, as: UTF8.self))
            case .ipAddress: addresses.append(Array(name.contents))
            default: break
            }
        }
        self.init(names: names, addresses: addresses)
    }
}

extension NIOSSLCertificate {
    /// Bits of its RSA key when they are too few; nil for a key that is long enough or of another kind.
    var insufficientRSABits: Int? {
        guard let der = try? toDERBytes(), let bits = RSAKeySize.bits(inCertificate: der) else { return nil }
        return bits < RSAKeySize.leastBits ? bits : nil
    }
}
