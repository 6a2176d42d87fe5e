// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOSSL

/// The files of a TLS configuration: what they held when they were read, and whether they have changed since.
///
/// Every method may block.
struct TLSFiles: Sendable {
    /// What a connection needs. Who opens one asks `PeerVerification` after its handshake.
    struct Material: Sendable {
        /// What the files were when they were read.
        let version: Version
        let configuration: NIOSSL.TLSConfiguration
        let context: NIOSSLContext
        /// Of our own certificate, where one is presented.
        let ownTerm: CertificateTerm?
    }

    /// What tells a version of the files from another.
    struct Version: Equatable, Sendable {
        private struct Stamp: Equatable {
            let device: UInt64
            let inode: UInt64
            let size: Int64
            let seconds: Int
            let nanoseconds: Int
        }

        private let stamps: [Stamp?]

        fileprivate init(_ paths: [String]) {
            stamps = paths.map { path in
                var status = stat()
                guard let path = try? CredentialPath.resolve(path), stat(path, &status) == 0 else { return nil }
                return Stamp(
                    device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
                    seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
            }
        }
    }

    private let configuration: HSMWatchCore.TLSConfiguration

    init(_ configuration: HSMWatchCore.TLSConfiguration) {
        self.configuration = configuration
    }

    /// The version that is there now.
    var version: Version {
        Version(
            [configuration.ca, configuration.certificate, configuration.key, configuration.keyPassword]
                .compactMap(\.self))
    }

    /// Reads them.
    ///
    /// - Throws: which file cannot be used, and why.
    func load() throws(InvalidText) -> Material {
        let version = version
        var tls = NIOSSL.TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        // The chain and the dates. `PeerVerification` looks at the names, more strictly than NIOSSL does. Nothing in a
        // configuration turns either off.
        tls.certificateVerification = .noHostnameVerification
        if let ca = configuration.ca {
            tls.trustRoots = .certificates(try certificates(ca, key: "ca"))
        }
        var ownTerm: CertificateTerm?
        if let certificate = configuration.certificate, let key = configuration.key {
            let chain = try certificates(certificate, key: "certificate")
            ownTerm = chain.first.map(CertificateTerm.init)
            tls.certificateChain = chain.map { .certificate($0) }
            tls.privateKey = .privateKey(try privateKey(key))
        }
        do {
            return Material(
                version: version, configuration: tls, context: try NIOSSLContext(configuration: tls), ownTerm: ownTerm)
        } catch {
            throw InvalidText("the TLS files do not fit together, such as the certificate and the key: \(error)")
        }
    }

    private func certificates(_ path: String, key: String) throws(InvalidText) -> [NIOSSLCertificate] {
        let path = try CredentialPath.resolve(path)
        if let reason = RegularFile.unreadability(path) {
            throw InvalidText("\(key) \(path) cannot be read: \(reason)")
        }
        guard let found = try? NIOSSLCertificate.fromPEMFile(path), !found.isEmpty else {
            throw InvalidText("\(key) \(path) holds no certificate; needed: PEM")
        }
        for certificate in found {
            guard let bits = certificate.insufficientRSABits else { continue }
            let serial = CertificateTerm(certificate).serialNumber
            throw InvalidText(
                "\(key) \(path): the certificate with serial \(serial) has an RSA key of \(bits) bits; "
                    + "needed: at least \(RSAKeySize.leastBits)")
        }
        return found
    }

    private func privateKey(_ path: String) throws(InvalidText) -> NIOSSLPrivateKey {
        let path = try CredentialPath.resolve(path)
        if let reason = RegularFile.unreadability(path) {
            throw InvalidText("key \(path) cannot be read: \(reason)")
        }
        let password = try password()
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem) { setter in setter(password) }
        } catch {
            let needed = "PEM, PKCS#1, PKCS#8 or EC, with key_password if it is encrypted"
            throw InvalidText("key \(path) cannot be used; needed: \(needed)")
        }
    }

    /// The file's first line.
    private func password() throws(InvalidText) -> [UInt8] {
        guard let path = configuration.keyPassword else { return [] }
        return try CredentialPath.firstLine(of: path, key: "key_password")
    }
}

extension CertificateTerm {
    init(_ certificate: NIOSSLCertificate) {
        let digits = certificate.serialNumber.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        self.init(
            serialNumber: digits.joined(),
            notBefore: Timestamp(milliseconds: Int64(certificate.notValidBefore) * 1000),
            notAfter: Timestamp(milliseconds: Int64(certificate.notValidAfter) * 1000))
    }
}
