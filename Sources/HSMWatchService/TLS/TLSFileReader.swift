// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOSSL

/// Loads the files of a TLS configuration one after the other, and keeps what is wrong with each.
///
/// Every method may block.
struct TLSFileReader {
    /// Bytes of a file. The system's authorities with their text take a quarter of it.
    static let sizeLimit = 4 << 20

    private(set) var problems: [TLSFileProblem] = []

    /// The certificates of a file; nil when there is a problem with them.
    mutating func certificates(_ path: String, _ key: TLSFileProblem.Key) -> [NIOSSLCertificate]? {
        guard let blocks = blocks(of: path, key, wanted: Self.certificateForm) else { return nil }
        let found = blocks.filter(\.isCertificate)
        let hasKey = blocks.contains(where: \.isPrivateKey)
        guard !found.isEmpty else {
            return fail(
                key,
                hasKey && key == .ca
                    ? "holds a private key and no certificate; needed: the authorities' certificates in PEM"
                    : "holds no certificate; needed: PEM")
        }
        var certificates: [NIOSSLCertificate] = []
        for block in found {
            guard let certificate = try? NIOSSLCertificate.fromPEMBytes(block.pem).first else {
                return fail(key, "has a broken block: \(PEMFile.BrokenBlock(block.place, "it is not a certificate"))")
            }
            if let bits = certificate.insufficientRSABits {
                return fail(
                    key,
                    "has a certificate (serial \(certificate.serial)) with an RSA key of \(bits) bits; "
                        + "needed: at least \(RSAKeySize.leastBits)")
            }
            certificates.append(certificate)
        }
        if hasKey, key == .ca { warn(key, "holds a private key, too, which does not belong there") }
        return certificates
    }

    /// The private key of a file; nil when there is a problem with it or its password.
    mutating func privateKey(_ path: String, password passwordPath: String?) -> NIOSSLPrivateKey? {
        guard let blocks = blocks(of: path, .key, wanted: Self.keyForm) else { return nil }
        guard let block = blocks.first(where: \.isPrivateKey) else {
            return fail(.key, "holds no private key; needed: PEM (PKCS#1, PKCS#8 or EC)")
        }
        var password: [UInt8] = []
        if block.isEncrypted {
            guard let passwordPath else { return fail(.key, "is encrypted; needed: key_password") }
            guard let line = self.password(passwordPath, of: path) else { return nil }
            password = line
        }
        do {
            return try NIOSSLPrivateKey(bytes: block.pem, format: .pem) { setter in setter(password) }
        } catch {
            return block.isEncrypted
                ? fail(
                    .keyPassword,
                    "does not decrypt \(path): the password is wrong, or the TLS library does not know the cipher")
                : fail(
                    .key,
                    "has a broken block: "
                        + "\(PEMFile.BrokenBlock(block.place, "it is not a private key that TLS can use"))")
        }
    }

    /// Reports a key that is not the first certificate's, and a chain that is out of order.
    mutating func checkChain(_ chain: [NIOSSLCertificate], in path: String, _ key: NIOSSLPrivateKey?) {
        if let key {
            guard let owner = chain.firstIndex(where: { Self.fits(key, $0) }) else {
                return problems.append(
                    TLSFileProblem(.key, "is not the key of the certificate (serial \(chain[0].serial)) in \(path)"))
            }
            guard owner == 0 else {
                return problems.append(
                    TLSFileProblem(
                        .certificate,
                        "begins with the wrong certificate: the key belongs to its certificate \(owner + 1) "
                            + "(serial \(chain[owner].serial)), which must come first"))
            }
        }
        let facts = chain.compactMap(CertificateFacts.init)
        guard facts.count == chain.count else { return }
        for (index, (certificate, next)) in zip(facts, facts.dropFirst()).enumerated()
        where certificate.issuer != next.subject {
            return warn(
                .certificate,
                "is out of order: its certificate \(index + 2) (serial \(next.serialNumber)) is not of the authority "
                    + "that issued certificate \(index + 1) (serial \(certificate.serialNumber))")
        }
    }

    /// Whether the TLS library takes the key for the certificate's own.
    private static func fits(_ key: NIOSSLPrivateKey, _ certificate: NIOSSLCertificate) -> Bool {
        var tls = NIOSSL.TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates([])
        tls.certificateChain = [.certificate(certificate)]
        tls.privateKey = .privateKey(key)
        return (try? NIOSSLContext(configuration: tls)) != nil
    }

    /// The password of an encrypted key; nil when the TLS library cannot be given it.
    private mutating func password(_ path: String, of keyPath: String) -> [UInt8]? {
        do {
            return try CredentialPath.secret(in: path).password(of: keyPath)
        } catch {
            return fail(.keyPassword, error.description)
        }
    }

    // MARK: One file

    /// How a file in another form becomes PEM.
    private struct WantedForm {
        /// Of openssl-pkcs12(1).
        let archiveOption: String
    }

    private static let certificateForm = WantedForm(archiveOption: "-nokeys")
    private static let keyForm = WantedForm(archiveOption: "-nocerts")

    private mutating func blocks(
        of path: String, _ key: TLSFileProblem.Key, wanted: WantedForm
    ) -> [PEMFile.Block]? {
        let bytes: [UInt8]
        do {
            bytes = try CredentialPath.read(path, limit: Self.sizeLimit)
        } catch {
            return fail(key, error.description)
        }
        guard !bytes.isEmpty else { return fail(key, "is empty; needed: PEM") }
        switch BinaryForm(bytes) {
        case .certificate:
            return fail(key, "holds a certificate in DER form; needed: PEM (openssl x509 -inform DER)")
        case .privateKey:
            return fail(key, "holds a private key in DER form; needed: PEM (openssl pkey -inform DER)")
        case .pkcs12:
            return fail(
                key, "is a PKCS#12 archive; needed: PEM (openssl pkcs12 -in \(path) \(wanted.archiveOption))")
        case nil:
            break
        }
        do {
            return try PEMFile(bytes).blocks
        } catch {
            return fail(key, "has a broken block: \(error)")
        }
    }

    private mutating func fail<Value>(_ key: TLSFileProblem.Key, _ text: String) -> Value? {
        problems.append(TLSFileProblem(key, text))
        return nil
    }

    private mutating func warn(_ key: TLSFileProblem.Key, _ text: String) {
        problems.append(TLSFileProblem(key, text, severity: .warning))
    }
}

extension PEMFile.Block {
    /// The block alone, as the TLS library reads it.
    fileprivate var pem: [UInt8] {
        let headers = headers.isEmpty ? "" : headers.joined(separator: "\n") + "\n\n"
        let text = Data(contents).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("-----BEGIN \(place.label)-----\n\(headers)\(text)\n-----END \(place.label)-----\n".utf8)
    }
}

extension NIOSSLCertificate {
    fileprivate var serial: String { CertificateTerm(self).serialNumber }
}
